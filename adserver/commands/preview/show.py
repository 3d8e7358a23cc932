"""Writes the page: every creative in a frame that can do nothing to it, with its facts beside."""

import argparse
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path

import jinja2

from adserver.commands.creatives import audit_rules
from adserver.commands.preview.card import Card, card
from adserver.commands.preview.products import Shop
from adserver.commands.terminal import FAILED, OK, command, counted, err, out, print_json
from adserver.config import load_settings
from adserver.domain.campaign import Catalog
from adserver.durable import replacing
from adserver.errors import Fault, InvalidConfig
from adserver.processes import builder

PAGE = "preview.html"


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add this command."""
    summary = (
        "Write a page that shows creatives as they would be put out, with what is known of each."
    )
    parser = command(commands, "preview", preview, summary)
    parser.add_argument("names", nargs="*", metavar="CREATIVE", help="only these (default: all)")
    parser.add_argument(
        "--out", type=Path, default=Path(PAGE), metavar="FILE", help=f"the page (default: {PAGE})"
    )


def preview(options: argparse.Namespace) -> int:
    """Read the campaigns as they are written now, without touching what servers load, and write the page.

    Ends with 1 if something cannot be put out; what exchanges would only find wrong with it stands on the page.
    """
    loaded = load_settings(options.config)
    catalog = builder.check(loaded)
    rules = audit_rules(loaded)
    chosen = frozenset(options.names or _names(catalog))
    _must_be_there(chosen, catalog)
    shown = [
        (creative, advertiser)
        for advertiser in catalog.advertisers
        for creative in advertiser.creatives
        if creative.id in chosen
    ]
    shop = Shop(loaded, [creative for creative, _ in shown])
    cards = [card(creative, advertiser, rules, shop) for creative, advertiser in shown]
    with replacing(options.out) as file:
        file.write(written(cards).encode())
    broken = {each.id: list(each.broken) for each in cards if each.broken}
    remarks = {each.id: list(each.remarks) for each in cards if each.remarks}
    if options.json:
        told = [{"creative": each.id, "kind": each.kind, **dict(each.facts)} for each in cards]
        page = {"ok": not broken, "page": str(options.out), "creatives": told}
        print_json({**page, "broken": broken, "remarks": remarks})
        return FAILED if broken else OK
    for name, said in broken.items():
        for sentence in said:
            err.print(f"{name}: {sentence}", markup=False, highlight=False, soft_wrap=True)
    out.print(
        f"{options.out} shows {counted(len(cards), 'creative')}, {len(remarks)} of them with remarks; open it in a browser.",
        markup=False,
        highlight=False,
    )
    return FAILED if broken else OK


def written(cards: Sequence[Card]) -> str:
    """Return the page. Every text is escaped where it is put in; every advertisement is in a sandbox."""
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    source = (files("adserver.commands.preview") / "page.html").read_text("utf-8")
    return environment.from_string(source).render(cards=cards)


def _names(catalog: Catalog) -> Iterable[str]:
    return (each.id for advertiser in catalog.advertisers for each in advertiser.creatives)


def _must_be_there(chosen: Iterable[str], catalog: Catalog) -> None:
    known = sorted(_names(catalog))
    unknown = sorted(set(chosen) - set(known))
    if unknown:
        raise InvalidConfig(
            [Fault("preview", name[:80], _missing(name, known)) for name in unknown]
        )


def _missing(name: str, known: Sequence[str]) -> str:
    near = get_close_matches(name, known, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(known[:20])}"
    return f"is no creative of these campaigns; {hint}"

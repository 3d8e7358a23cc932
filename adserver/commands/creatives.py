"""`creatives`: what is wrong with them, and how far each is at each exchange."""

import argparse
import csv
import time
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from rich.table import Table

from adapters.campaigns import snapshot_file
from adserver import bootstrap
from adserver.background.reviews_file import changing_reviews, read_reviews
from adserver.catalog.audit import Rules, faults
from adserver.commands.terminal import FAILED, OK, command, counted, err, out, print_json
from adserver.config import Loaded, load_settings
from adserver.domain.campaign import Advertiser
from adserver.domain.creative import AnyCreative
from adserver.domain.review import Review, Reviews, Standing, fingerprint, standing
from adserver.errors import Fault, InvalidConfig
from adserver.processes import builder

WORDS: Mapping[str, Standing] = {
    "submit": Standing.PENDING,
    "approve": Standing.APPROVED,
    "refuse": Standing.REFUSED,
}
"""What one may note, and the standing that follows."""
MAX_WHY = 500


class Owned(NamedTuple):
    """A creative with whose it is."""

    advertiser: Advertiser
    creative: AnyCreative


class Row(NamedTuple):
    """What `list` tells of one creative."""

    creative: str
    kind: str
    advertiser: str
    standings: Mapping[str, Standing]
    why: Mapping[str, str]
    """What an exchange said, where it said something of the creative as it is now."""
    faults: Sequence[str]


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add these commands."""
    summary = "Tell what is wrong with creatives, and note what exchanges say of them."
    parser = command(commands, "creatives", creatives, summary)
    parser.add_argument(
        "what",
        choices=("list", "audit", *WORDS, "import"),
        help="list how far each is; audit them; note that they were submitted, approved or refused; "
        "or import an exchange's answers from a CSV file",
    )
    parser.add_argument(
        "names",
        nargs="*",
        metavar="CREATIVE",
        help="only these (default: all; approve and refuse want names)",
    )
    parser.add_argument("--exchange", metavar="NAME", help="the exchange whose word it is")
    parser.add_argument("--why", default="", metavar="TEXT", help="the exchange's reason")
    parser.add_argument(
        "--file", type=Path, metavar="CSV",
        help="for import: columns creative, standing (pending, approved, refused) and why",
    )  # fmt: skip


def creatives(options: argparse.Namespace) -> int:
    """Do one of these things with the creatives of the snapshot that `check` wrote."""
    loaded = load_settings(options.config)
    builder.prepare_state(loaded)
    everyone = _owned(loaded)
    chosen = _chosen(everyone, options.names)
    if options.what == "list":
        return _list(loaded, chosen, as_json=options.json)
    if options.what == "audit":
        return _audit(loaded, chosen, as_json=options.json)
    exchange = _exchange(loaded, options.exchange)
    if options.what == "import":
        reviews = _imported(options.file, exchange, everyone)
    else:
        if not options.names and options.what != "submit":
            raise InvalidConfig([Fault("creatives", "CREATIVE", "name those that they judged")])
        how = WORDS[options.what]
        reviews = [_review(each.creative, exchange, how, options.why) for each in chosen.values()]
    with changing_reviews(bootstrap.places(loaded).reviews) as noted:
        noted.setdefault(exchange, {}).update({each.creative: each for each in reviews})
    if options.json:
        print_json({"ok": True, "noted": len(reviews)})
    else:
        whom = reviews[0].creative if len(reviews) == 1 else counted(len(reviews), "creative")
        out.print(f"Noted for {whom} at {exchange}.", markup=False, highlight=False)
        if builder.supervising(loaded):
            out.print("The running server obeys it after `adserver reload`.")
    return OK


def _owned(loaded: Loaded) -> dict[str, Owned]:
    catalog = snapshot_file.read(bootstrap.places(loaded).snapshot)
    return {
        creative.id: Owned(advertiser, creative)
        for advertiser in catalog.advertisers
        for creative in advertiser.creatives
    }


def _chosen(everyone: Mapping[str, Owned], names: Sequence[str]) -> Mapping[str, Owned]:
    unknown = [name for name in names if name not in everyone]
    if unknown:
        raise InvalidConfig(
            [Fault("creatives", name[:80], _unknown(name, everyone)) for name in unknown]
        )
    return {name: everyone[name] for name in names} if names else everyone


def _unknown(name: str, everyone: Mapping[str, Owned]) -> str:
    near = get_close_matches(name, everyone, 1)
    meant = f"did you mean {near[0]!r}?" if near else "is it new? Then run `adserver check` first"
    return f"is no creative of the snapshot; {meant}"


def _exchange(loaded: Loaded, name: str | None) -> str:
    if name not in loaded.terms:
        known = ", ".join(loaded.terms) or "none"
        raise InvalidConfig([Fault("creatives", "--exchange", f"name one of: {known}")])
    return name


def _list(loaded: Loaded, chosen: Mapping[str, Owned], *, as_json: bool) -> int:
    reviews = read_reviews(bootstrap.places(loaded).reviews)
    rows = [_row(loaded, reviews, each) for each in chosen.values()]
    if as_json:
        print_json({"ok": True, "creatives": [row._asdict() for row in rows]})
        return OK
    table = Table("creative", "kind", "advertiser", *loaded.terms, "faults")
    for row in rows:
        standings = [row.standings[name].value for name in loaded.terms]
        table.add_row(
            row.creative, row.kind, row.advertiser, *standings, str(len(row.faults) or "none")
        )
    out.print(table)
    for row in rows:
        for exchange, why in row.why.items():
            said = f"{row.creative} is {row.standings[exchange]} at {exchange}: {why}"
            out.print(said, markup=False, highlight=False, soft_wrap=True)
    return OK


def _row(loaded: Loaded, reviews: Reviews, owned: Owned) -> Row:
    creative = owned.creative
    standings = {name: standing(reviews, name, creative) for name in loaded.terms}
    noted = {name: reviews.get(name, {}).get(creative.id) for name in loaded.terms}
    return Row(
        creative.id,
        type(creative).__name__.lower(),
        owned.advertiser.id,
        standings,
        {
            name: review.why
            for name, review in noted.items()
            if review and review.why and standings[name] is review.standing
        },
        list(faults(creative, owned.advertiser, audit_rules(loaded))),
    )


def _audit(loaded: Loaded, chosen: Mapping[str, Owned], *, as_json: bool) -> int:
    rules = audit_rules(loaded)
    found = {
        name: list(faults(each.creative, each.advertiser, rules)) for name, each in chosen.items()
    }
    faulty = {name: said for name, said in found.items() if said}
    if as_json:
        print_json({"ok": not faulty, "audited": len(found), "faults": faulty})
    else:
        for name, said in faulty.items():
            for sentence in said:
                err.print(f"{name} {sentence}", markup=False, highlight=False, soft_wrap=True)
        out.print(
            f"{counted(len(found), 'creative')} audited, {len(faulty)} of them with something to mend."
        )
    return FAILED if faulty else OK


def audit_rules(loaded: Loaded) -> Rules:
    """Return what creatives must keep to, by the settings."""
    audit = loaded.settings.audit
    return Rules(
        markup_bytes=audit.markup_kb * 1_000,
        hosts=frozenset(audit.hosts),
        vendors={int(vendor): frozenset(hosts) for vendor, hosts in audit.vendors.items()},
        restricted=audit.restricted,
    )


def _review(creative: AnyCreative, exchange: str, how: Standing, why: str) -> Review:
    return Review(
        creative=creative.id,
        exchange=exchange,
        standing=how,
        fingerprint=fingerprint(creative),
        at_s=int(time.time()),
        why=why[:MAX_WHY],
    )


def _imported(file: Path | None, exchange: str, everyone: Mapping[str, Owned]) -> list[Review]:
    """Read an exchange's answers. Raises `InvalidConfig` with every bad line: half an import would mislead."""
    if file is None:
        raise InvalidConfig([Fault("creatives", "--file", "name the CSV file to import")])
    found: list[Review] = []
    wrong: list[Fault] = []
    for line, row in _rows(file):
        name, how = (row.get("creative") or "").strip(), (row.get("standing") or "").strip()
        if name not in everyone:
            wrong.append(
                Fault(str(file), f"line {line}", f"{name[:80]!r} {_unknown(name, everyone)}")
            )
        elif how not in WORDS.values():
            known = ", ".join(WORDS.values())
            wrong.append(Fault(str(file), f"line {line}", f"{how[:40]!r} is none of {known}"))
        else:
            why = row.get("why") or ""
            found.append(_review(everyone[name].creative, exchange, Standing(how), why))
    if wrong:
        raise InvalidConfig(wrong)
    return found


def _rows(file: Path) -> Iterator[tuple[int, Mapping[str, str | None]]]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            if not {"creative", "standing"} <= set(reader.fieldnames or ()):
                message = "needs a first line with the columns creative and standing"
                raise InvalidConfig([Fault(str(file), "line 1", message)])
            for row in reader:
                yield reader.line_num, row
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidConfig([Fault(str(file), "$", f"is no CSV in UTF-8: {error}")]) from None

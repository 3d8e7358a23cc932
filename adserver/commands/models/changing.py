"""`models promote`, `roll-back`, `canary`, `shadow`, `retire`: who serves from now on."""

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path

from adserver import bootstrap
from adserver.commands.models.naming import add_kind, add_name, named
from adserver.commands.terminal import OK, command, out, print_json
from adserver.config import load_settings
from adserver.errors import Fault, InvalidConfig
from models.registry import artifacts, checking, roles, state
from models.registry.manifest import Kind
from models.registry.roles import Roles

Change = Callable[[Roles], Roles]


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add these commands."""
    parser = command(commands, "promote", promote, "Have a model decide in place of the champion.")
    add_name(parser, "which")
    parser.add_argument("--why", default="promoted by hand", help="kept in the history")
    add_kind(parser)
    parser = command(
        commands, "roll-back", roll_back, "Have the champion before this one decide again."
    )
    parser.add_argument("--why", default="rolled back by hand", help="kept in the history")
    add_kind(parser)
    for name, action, summary, percent in (
        ("canary", canary, "Have a click model decide a share of requests, always the same ones.", 5.0),
        ("shadow", shadow, "Ask a click model about a share of bids, for the log alone: it decides nothing.", 10.0),
    ):  # fmt: skip
        parser = command(commands, name, action, summary)
        add_name(parser, "which")
        parser.add_argument(
            "--percent", type=float, default=percent, help=f"how large the share is (default: {percent:g})"
        )  # fmt: skip
    parser = command(
        commands, "retire", retire, "Take a canary, a shadow or a challenger out of its role."
    )
    add_name(parser, "which")
    add_kind(parser)


def promote(options: argparse.Namespace) -> int:
    """Make a model champion, after a child process has tried it."""
    return _change(
        options,
        lambda name: partial(roles.promoted, model=name, at=state.now_text(), why=options.why),
    )


def roll_back(options: argparse.Namespace) -> int:
    """Make the champion before this one champion again."""
    root = bootstrap.places(load_settings(options.config)).models
    past = state.read_state(root).roles(options.kind).past
    if past:
        _try(root, options.kind, past[-1])
    return _told(
        options, root, options.kind,
        lambda before: roles.rolled_back(before, state.now_text(), options.why),
    )  # fmt: skip


def canary(options: argparse.Namespace) -> int:
    """Make a click model the canary."""
    options.kind = "click"
    return _change(
        options, lambda name: partial(roles.canaried, model=name, percent=options.percent)
    )


def shadow(options: argparse.Namespace) -> int:
    """Make a click model the shadow."""
    options.kind = "click"
    return _change(
        options, lambda name: partial(roles.shadowed, model=name, percent=options.percent)
    )


def retire(options: argparse.Namespace) -> int:
    """Take a model out of its role; damaged ones too."""
    root = bootstrap.places(load_settings(options.config)).models
    name = named(root, options.kind, options.name)
    return _told(options, root, options.kind, partial(roles.retired, model=name))


def _change(options: argparse.Namespace, change_to: Callable[[str], Change]) -> int:
    root = bootstrap.places(load_settings(options.config)).models
    name = named(root, options.kind, options.name)
    _try(root, options.kind, name)
    return _told(options, root, options.kind, change_to(name))


def _try(root: Path, kind: Kind, name: str) -> None:
    """Raise `InvalidConfig` unless a child process can predict with it."""
    artifact = artifacts.read(root, kind, name)
    try:
        checking.survive(artifact)
    except ValueError as error:
        raise InvalidConfig(
            [Fault(str(artifact.folder), "$", f"is damaged: {error}; train again")]
        ) from None


def _told(options: argparse.Namespace, root: Path, kind: Kind, changed: Change) -> int:
    """Change the roles and say who has which."""
    after = state.change(root, kind, changed)
    if options.json:
        print_json(
            {
                "ok": True,
                "kind": kind,
                "roles": after.named(),
                "canary": after.canary,
                "shadow": after.shadow,
            }
        )
        return OK
    for name, role in after.named().items():
        shares = {
            each.model: f" of {each.percent:g} %"
            for each in (after.canary, after.shadow)
            if each is not None
        }
        share = shares.get(name, "") if role not in {"champion", "challenger"} else ""
        out.print(f"{role}{share}: {name}", markup=False, highlight=False)
    out.print(
        "Workers follow within seconds; `adserver_model_swaps_total` counts it.", highlight=False
    )
    return OK

"""Which model a person means."""

import argparse
from pathlib import Path

from adserver.errors import Fault, InvalidConfig
from models.registry import artifacts, state
from models.registry.manifest import KINDS, Kind
from models.registry.roles import Roles

ROLES = ("champion", "challenger", "canary", "shadow")


def add_kind(parser: argparse.ArgumentParser) -> None:
    """Add the option that says what kind of models is meant."""
    parser.add_argument("--kind", choices=KINDS, default="click", help="of which (default: click)")


def add_name(parser: argparse.ArgumentParser, what: str) -> None:
    """Add the argument that names a model."""
    parser.add_argument(
        "name", metavar="NAME",
        help=f"{what}: its name or an unmistakable part of it, or its role, such as `challenger`",
    )  # fmt: skip


def named(root: Path, kind: Kind, text: str) -> str:
    """Return the one version that a text means. Raises `InvalidConfig` with those that there are."""
    found = artifacts.names(root, kind)
    text = text.rpartition("/")[2]
    if text in ROLES:
        name = in_role(state.read_state(root).roles(kind), text)
        if not name:
            raise _invalid(f"no {kind} model is {text} now")
        return name
    meant = [name for name in found if text == name] or [name for name in found if text in name]
    if len(meant) == 1 and text:
        return meant[0]
    told = ", ".join(meant or found) or "none; train one first"
    which = "more than one" if meant else "none"
    raise _invalid(f"'{text}' means {which} of the {kind} models here: {told}")


def in_role(roles: Roles, role: str) -> str:
    """Return the model in a role, if there is one."""
    return next((name for name, held in roles.named().items() if role in held.split(" and ")), "")


def _invalid(message: str) -> InvalidConfig:
    return InvalidConfig([Fault("command line", "NAME", message)])

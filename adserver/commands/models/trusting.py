"""`models keys`, `trust`, `distrust`: whose models may serve here."""

import argparse

from adserver import bootstrap
from adserver.commands.terminal import OK, command, out, print_json
from adserver.config import load_settings
from models.registry import signing, state


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add these commands."""
    command(
        commands, "keys", keys, "Show the public key that models trained here are signed with, and all that are accepted."
    )  # fmt: skip
    for name, action, summary in (
        ("trust", trust, "Accept models that are signed with a key: trained on another machine."),
        ("distrust", distrust, "Accept them no more."),
    ):
        parser = command(commands, name, action, summary)
        parser.add_argument(
            "key", metavar="KEY", help="the public key, 64 hexadecimal digits, as `models keys` prints it there"
        )  # fmt: skip
        if name == "trust":
            parser.add_argument("--name", default="", help="whose it is")


def keys(options: argparse.Namespace) -> int:
    """Show the keys; the first time, make our own."""
    root = bootstrap.places(load_settings(options.config)).models
    root.mkdir(parents=True, exist_ok=True)
    own = signing.public(signing.signing_key(root))
    accepted = signing.trusted(root)
    if options.json:
        print_json({"ok": True, "own": own, "accepted": accepted})
        return OK
    out.print(f"{own}  ours{'' if own in accepted else ', but not accepted here'}", highlight=False)
    for key, name in accepted.items():
        if key != own:
            out.print(f"{key}  {name or 'accepted'}", markup=False, highlight=False)
    return OK


def trust(options: argparse.Namespace) -> int:
    """Accept a key."""
    root = bootstrap.places(load_settings(options.config)).models
    with state.alone(root):
        signing.trust(root, options.key, options.name)
    return keys(options)


def distrust(options: argparse.Namespace) -> int:
    """Accept a key no more; what serves goes on until it is replaced."""
    root = bootstrap.places(load_settings(options.config)).models
    with state.alone(root):
        signing.distrust(root, options.key)
    return keys(options)

"""`keys`: the keys that seal tracking tokens, one after the other, while the server runs."""

import argparse
import fcntl
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from adserver import bootstrap
from adserver.commands.terminal import OK, command, out, print_json, tell_failure
from adserver.config import Loaded, load_settings
from adserver.domain.moment import rfc3339
from adserver.domain.week import DAY_S
from adserver.endpoints.keys import IDS, SECRET_BYTES, load_keys, write_keys
from adserver.endpoints.tokens import Key, sealing
from adserver.errors import Fault, InvalidConfig, Unavailable
from adserver.processes.owner.notices import REMEMBER_S

ANNOUNCED_S = 10
"""Workers read the file twice a second; one that is busy, or that starts just now, has time enough."""
LONGEST_S = 365 * DAY_S
"""So long a key may be announced; until it seals no other can be."""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add this command."""
    parser = command(
        commands, "keys", keys, "List, rotate or retire the keys of tracking tokens; no restart needed."
    )  # fmt: skip
    parser.add_argument("action_on_keys", metavar="action", choices=("list", "rotate", "retire"))
    parser.add_argument("id", nargs="?", type=int, help="which key to retire")
    parser.add_argument(
        "--after", type=int, default=ANNOUNCED_S, metavar="SECONDS",
        help=f"when a new key begins to seal (default: {ANNOUNCED_S}); it is accepted at once",
    )  # fmt: skip
    parser.add_argument(
        "--force", action="store_true", help="retire a key although tokens of it are still alive"
    )


def keys(options: argparse.Namespace) -> int:
    """Do one thing to the key file, and show what it says then."""
    loaded = load_settings(options.config)
    path = bootstrap.places(loaded).token_keys
    with _alone(loaded):
        found = load_keys(path)
        now_s = time.time()
        if options.action_on_keys == "rotate":
            found = _rotated(loaded, found, int(now_s) + options.after, now_s)
            write_keys(path, found)
        elif options.action_on_keys == "retire":
            refusal = _objection(loaded, found, options.id, now_s)
            if refusal and (not options.force or refusal.final):
                return tell_failure(refusal.text, as_json=options.json)
            found = tuple(key for key in found if key.id != options.id)
            write_keys(path, found)
    rows = _rows(loaded, found, now_s)
    if options.json:
        print_json({"ok": True, "keys": rows})
    else:
        for row in rows:
            out.print(f"{row['id']:>3}  {row['state']}", highlight=False)
    return OK


class _Objection(NamedTuple):
    """Why a key should stay."""

    text: str
    final: bool = False
    """Set if nobody may insist."""


def _rotated(loaded: Loaded, found: Sequence[Key], from_s: int, now_s: float) -> tuple[Key, ...]:
    """Return the keys with a fresh one that seals from then on. Raises `InvalidConfig`."""
    path = str(bootstrap.places(loaded).token_keys)
    coming = [key for key in found if key.seals_from_s > now_s]
    if coming:
        message = (
            f"key {coming[0].id} is to seal from {rfc3339(coming[0].seals_from_s)}; wait until then"
        )
        raise InvalidConfig([Fault(path, "$", message)])
    if not -1 <= from_s - now_s <= LONGEST_S:
        raise InvalidConfig(
            [Fault("command line", "--after", "must be between 0 and 31536000, a year")]
        )
    taken = {key.id for key in found}
    newest = max(found, key=lambda key: key.seals_from_s)
    ids = (n % IDS for n in range(newest.id + 1, newest.id + IDS))
    free = next((each for each in ids if each not in taken), None)
    if free is None:
        raise InvalidConfig([Fault(path, "$", "all 256 ids are taken; retire old keys first")])
    return (*found, Key(free, os.urandom(SECRET_BYTES), max(from_s, newest.seals_from_s + 1)))


def _objection(
    loaded: Loaded, found: Sequence[Key], wanted: int | None, now_s: float
) -> _Objection | None:
    key = next((key for key in found if key.id == wanted), None)
    if key is None:
        ids = ", ".join(str(key.id) for key in found)
        return _Objection(f"say which key to retire; there are: {ids}", final=True)
    if key is sealing(found, now_s):
        return _Objection(f"key {key.id} seals tokens now; `keys rotate` first", final=True)
    if key.seals_from_s > now_s:
        return None  # announced, and nothing is sealed with it yet
    until_s = _needed_until_s(loaded, found, key)
    if until_s is None:
        return _Objection(
            f"nobody knows since when key {key.id} seals no more; if that is longer ago than a token lives, --force"
        )
    if until_s <= now_s:
        return None
    return _Objection(
        f"tokens of key {key.id} live until {rfc3339(until_s)}; with --force their notices are refused as unknown_key"
    )


def _rows(loaded: Loaded, found: Sequence[Key], now_s: float) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for key in found:
        until_s = None
        if key is sealing(found, now_s):
            state = "seals and opens"
        elif key.seals_from_s > now_s:
            state = f"opens; seals from {rfc3339(key.seals_from_s)}"
        else:
            until_s = _needed_until_s(loaded, found, key)
            state = "opens; needed until "
            if until_s is None:
                state = "opens; since when it seals no more is not known"
            elif until_s <= now_s:
                state = "opens; no longer needed: `keys retire` it"
            else:
                state += rfc3339(until_s)
        rows.append({"id": key.id, "state": state, "needed_until": until_s and rfc3339(until_s)})
    return rows


def _needed_until_s(loaded: Loaded, found: Sequence[Key], key: Key) -> int | None:
    """Return when the last token of a key that seals no more has expired; `None` if nobody knows."""
    after = [each.seals_from_s for each in found if each.seals_from_s > key.seals_from_s]
    if not after:
        return None
    lives = [terms.longest_life_s for terms in loaded.terms.values()]
    return min(after) + max([loaded.settings.click_days * DAY_S, *lives]) + REMEMBER_S


@contextmanager
def _alone(loaded: Loaded) -> Iterator[None]:
    """Keep a second command from changing the file between our reading and writing."""
    try:
        folder = os.open(loaded.state, os.O_RDONLY)
    except FileNotFoundError:
        raise Unavailable(f"there is no state at {loaded.state} yet; `serve` makes it") from None
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)

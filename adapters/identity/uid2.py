"""UID2 and EUID: partners' encrypted ids become raw ids, for whom did not opt out."""

from pathlib import Path

import msgspec
import structlog

from adapters.identity.uid2_keys import Keyset, Scope, read_keyset
from adapters.identity.uid2_opt_outs import OptOuts, read_opt_outs
from adapters.identity.uid2_tokens import Opened, Refusal, judge, open_token
from adserver.durable import stamp
from adserver.errors import InvalidConfig
from adserver.metrics import UID2_TOKENS
from adserver.ports import Clock

HOSTS: dict[Scope, str] = {"uid2": "uidapi.com", "euid": "euid.eu"}
"""The `source` of each scope in a bid request."""
REMEMBERED = 10_000
"""So many tokens are remembered twice over: a person's token is the same for an hour."""

_log = structlog.get_logger()


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What your refresher writes, and who opted out. Both files are for their owner's eyes only (mode 600)."""

    keys: str
    """The decrypted answer of `/v2/key/bidstream`, relative to the settings file; written anew every hour."""
    opt_outs: str
    """Raw ids of whom opted out, one a line, relative to the settings file; it may be empty."""

    def build(self, folder: Path, scope: Scope, clock: Clock) -> "Uid2Tokens":
        """Return the reader. Raises `InvalidConfig`."""
        return Uid2Tokens(folder / self.keys, folder / self.opt_outs, scope, clock)


class Uid2Tokens:
    """Opens tokens of one scope; call `poll` about twice a second."""

    def __init__(self, keys: Path, opt_outs: Path, scope: Scope, clock: Clock) -> None:
        """Read both files. Raises `InvalidConfig`."""
        self._keys, self._opt_outs, self._scope, self._clock = keys, opt_outs, scope, clock
        self._stamps = stamp(keys), stamp(opt_outs)
        self._keyset: Keyset = read_keyset(keys, scope)
        self._spared: OptOuts = read_opt_outs(opt_outs)
        self._opt_outs_known = True
        self._young: dict[str, Opened | Refusal] = {}
        self._old: dict[str, Opened | Refusal] = {}
        self._used = UID2_TOKENS.labels(scope, "used")
        self._refused = {each: UID2_TOKENS.labels(scope, each.value) for each in Refusal}

    def read(self, token: str, place: str) -> str | None:
        """Return the raw id behind a token, or nothing; `place` is the domain or application, in lower case."""
        found = self._opened(token)
        if isinstance(found, Opened):
            raw, refusal = found.raw, judge(found, self._keyset, self._clock.now(), place)
            if not self._opt_outs_known or self._spared.spare(raw):  # unread, they may be anybody's
                refusal = Refusal.OPTED_OUT
        else:
            raw, refusal = "", found
        if refusal is not None:
            self._refused[refusal].inc()
            return None
        self._used.inc()
        return raw

    def poll(self) -> None:
        """Look whether the files changed. Keys that cannot be read change nothing: they expire by themselves.

        Opt-outs that cannot be read stop the use of all tokens until they can.
        """
        stamps = stamp(self._keys), stamp(self._opt_outs)
        if stamps == self._stamps:
            return
        before, self._stamps = self._stamps, stamps
        if stamps[0] != before[0]:
            self._reload_keys()
        if stamps[1] != before[1]:
            self._reload_opt_outs()

    def _opened(self, token: str) -> Opened | Refusal:
        found = self._young.get(token)
        if found is None:
            found = self._old.get(token) or open_token(token, self._keyset)
            if len(self._young) >= REMEMBERED:
                self._young, self._old = {}, self._young
            self._young[token] = found
        return found

    def _reload_keys(self) -> None:
        try:
            self._keyset = read_keyset(self._keys, self._scope)
        except InvalidConfig as error:
            _log.error("uid2_keys_unreadable", error=str(error), in_force="those from before")
            return
        self._young, self._old = {}, {}  # what could not be opened now may be

    def _reload_opt_outs(self) -> None:
        try:
            self._spared = read_opt_outs(self._opt_outs, self._spared)
            self._opt_outs_known = True
        except InvalidConfig as error:
            self._opt_outs_known = False
            _log.error("uid2_opt_outs_unreadable", error=str(error), in_force="no token is used")

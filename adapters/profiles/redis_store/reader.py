"""Asking for one person within a few milliseconds: one round trip, a second one if they have another main id."""

import asyncio
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from adapters.profiles.choice_records import forbids
from adapters.profiles.grants import GrantTable
from adapters.profiles.record import Damaged, ProfileReader
from adapters.profiles.redis_store import names
from adapters.profiles.redis_store.nodes import Nodes
from adapters.profiles.redis_store.remembered import Known, Remembered
from adapters.profiles.redis_store.stored import is_link, read_choices, unseal
from adapters.profiles.redis_store.wire import Reply, pack
from adserver.domain.choices import Choices, strictest
from adserver.domain.person import NOBODY, Found, PersonKey
from adserver.errors import Unavailable
from adserver.metrics import PROFILE_STORE_FAILURES, PROFILES_REMEMBERED

_GRANTS = (0, pack("MGET", names.MARKS[0], names.GRANTS))
_damaged = PROFILE_STORE_FAILURES.labels("damaged")
_lost = PROFILE_STORE_FAILURES.labels("lost")


class RedisProfiles:
    """`ports.RemoteProfiles`, for one event loop, and `ports.Census`."""

    def __init__(
        self,
        nodes: Nodes,
        keys: Nodes | None,
        timeout_s: float,
        remembered: int,
        everybody: Callable[[float], Iterator[tuple[int, ...]]],
    ) -> None:
        """`keys` is asked for people's secrets, side by side with `nodes`; None means `nodes` has them, too.
        `everybody` is that of `ports.Census`.
        """
        self.everybody = everybody
        self._nodes = nodes
        self._keys = keys
        self._timeout_s = timeout_s
        self._remembered = Remembered(remembered, time.monotonic)
        self._grants = GrantTable()
        self._reader = ProfileReader(self._is_usable)
        self._missing: set[int] = set()
        """Grants that are not in the store's table either: by these nothing may be used."""

    async def fetch(self, ids: Sequence[PersonKey], now_s: float) -> Found:
        """Return who stands behind these keys of one person's ids, from the store or, while it does not answer, from
        what was fetched in the last minute. Raises `Unavailable` within the time-out.
        """
        deadline_s = asyncio.get_running_loop().time() + self._timeout_s
        generation = self._remembered.generation
        try:
            known = await self._ask(ids, deadline_s)
            found = await self._understood(known, now_s, deadline_s)
        except Unavailable:
            recalled = self._remembered.recall(ids)
            if recalled is None:
                raise
            PROFILES_REMEMBERED.inc()
            # Its grants were known when it was kept. What they have seen since was not.
            return replace(self._found(recalled, now_s), counted=False)
        if generation == self._remembered.generation:
            self._remembered.keep(ids, known)
        return found

    def forget(self, people: Collection[PersonKey]) -> None:
        """Let go of whoever has one of these keys: they decided something, or were erased."""
        self._remembered.forget(people)

    async def open(self) -> None:
        """Connect ahead of the first request; a store that is away is no reason to wait."""
        await self._nodes.open()
        if self._keys is not None:
            await self._keys.open()

    def close(self) -> None:
        """Hang up."""
        self._nodes.close()
        if self._keys is not None:
            self._keys.close()

    async def _ask(self, ids: Sequence[PersonKey], deadline_s: float) -> Known:
        """Return whom the first linked or known id leads to, with the strictest choices of all."""
        at_keys = dict(zip(ids, await self._states(ids, deadline_s), strict=True))
        mains = list(dict.fromkeys(each.main for each in at_keys.values() if each.main))
        if mains:
            at_keys |= dict(zip(mains, await self._states(mains, deadline_s), strict=True))
        person, body, decided = None, None, []
        for key in ids:
            own, main = at_keys[key], at_keys[key].main or key
            leading = at_keys[main]
            # An id that nobody decided for agrees to nothing, unless it is linked to one that did.
            both = (own.choices, leading.choices if main != key else None)
            decided.append(strictest(tuple(each for each in both if each is not None)))
            if person is None and (main != key or leading.body is not None):
                person, body = main, leading.body
        choices = strictest(tuple(decided))
        unreadable = any(each.unreadable for each in at_keys.values())
        return Known(person or ids[0], None if forbids(choices) else body, choices, unreadable)

    async def _states(self, people: Sequence[PersonKey], deadline_s: float) -> list["_State"]:
        """Return what lies under each key."""
        keys = self._keys
        questions = [
            (
                names.bucket(each),
                pack(
                    "MGET",
                    names.mark(each),
                    *names.state(each),
                    *(() if keys else (names.secret(each),)),
                ),
            )
            for each in people
        ]
        if keys is None:
            replies = await self._nodes.ask(questions, deadline_s)
            return [_state(*each) for each in zip(people, replies, strict=True)]
        of_secrets = [(names.bucket(each), pack("GET", names.secret(each))) for each in people]
        replies, secrets = await asyncio.gather(
            self._nodes.ask(questions, deadline_s), keys.ask(of_secrets, deadline_s)
        )
        return [
            _state(person, [*reply, secret])
            for person, reply, secret in zip(people, replies, secrets, strict=True)
        ]

    async def _understood(self, known: Known, now_s: float, deadline_s: float) -> Found:
        while True:
            try:
                return self._found(known, now_s)
            except _UnknownGrantError as unknown:
                await self._reread_grants(deadline_s)  # somebody added it since
                if self._grants.get(unknown.index) is None:
                    self._missing.add(unknown.index)

    def _found(self, known: Known, now_s: float) -> Found:
        profile, is_readable = NOBODY, not known.unreadable
        if known.body is not None:
            try:
                profile = self._reader.profile(known.body, now_s)
            except Damaged:
                _damaged.inc()
                is_readable = False
        return Found(known.person, profile, known.choices, is_readable)

    def _is_usable(self, grant: int, day: int, today: int) -> bool:
        if self._grants.get(grant) is None and grant not in self._missing:
            raise _UnknownGrantError(grant)
        return self._grants.is_usable(grant, day, today)

    async def _reread_grants(self, deadline_s: float) -> None:
        ((mark, stored),) = await self._nodes.ask([_GRANTS], deadline_s)
        if mark is None:
            _lost.inc()
            raise Unavailable("profiles: the table of grants was lost")
        try:
            self._grants = GrantTable.read(stored)
        except ValueError as error:
            _damaged.inc()
            raise Unavailable(f"profiles: {error}") from error
        self._reader = ProfileReader(self._is_usable)
        self._missing.clear()


class _UnknownGrantError(Exception):
    """A record points to a grant that is not in our copy of the table."""

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.index = index


class _State(NamedTuple):
    """What lies under one key."""

    body: bytes | None
    choices: Choices | None
    main: PersonKey | None
    """Whose id this is, if not a person of its own."""
    unreadable: bool = False
    """Whether there is something that cannot be read."""


def _state(person: PersonKey, reply: Reply) -> _State:
    """Read one person's answer. Raises `Unavailable` if nobody knows what they decided."""
    mark, sealed, decided, secret = reply
    if mark is None:
        _lost.inc()
        raise Unavailable("profiles: this part of the store was lost, and people's choices with it")
    choices = None if decided is None else read_choices(person, decided, secret)
    if sealed is None or forbids(choices):
        return _State(None, choices, None)
    try:
        body = unseal(person, sealed, secret)
    except Damaged:
        _damaged.inc()  # a stranger, then, who decided what they decided
        return _State(None, choices, None, unreadable=True)
    return _State(None, choices, body) if is_link(sealed) else _State(body, choices, None)

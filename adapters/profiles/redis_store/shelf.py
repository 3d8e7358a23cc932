"""People in Redis as the owner sees them: taken by the thousand, put back only if nobody else changed them meanwhile."""

import os
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha1

from adapters.profiles.grants import GrantTable
from adapters.profiles.record import EMPTY, pack
from adapters.profiles.redis_store import names
from adapters.profiles.redis_store.blocking import BlockingNodes, good
from adapters.profiles.redis_store.diary import Diary
from adapters.profiles.redis_store.entry import Entry, Put
from adapters.profiles.redis_store.noting import write_down
from adapters.profiles.redis_store.stored import (
    LINK,
    SECRET_BYTES,
    seal,
    write_choices,
)  # fmt: skip
from adapters.profiles.redis_store.wire import ReplyError
from adapters.profiles.redis_store.wire import pack as command
from adserver.domain.grant import Grant
from adserver.domain.person import PersonKey
from adserver.errors import Unavailable

_SWAP = b"""
for at, key in ipairs(KEYS) do
  if (redis.call('GET', key) or '') ~= ARGV[at] then return 0 end
end
for at, key in ipairs(KEYS) do
  local new, seconds = ARGV[#KEYS + at], tonumber(ARGV[2 * #KEYS + at])
  if new == ARGV[at] then -- it stays, and its life goes on
  elseif new == '' then redis.call('DEL', key)
  elseif seconds > 0 then redis.call('SET', key, new, 'EX', seconds)
  else redis.call('SET', key, new) end
end
return 1
"""
"""Replaces values by new ones (an empty one is none) if all are still what they were; a number of seconds is their life."""
_SWAP_NAME = sha1(_SWAP, usedforsecurity=False).hexdigest()  # how Redis calls it
_GRANTS_BUCKET = 0


class Shelf:
    """The store, for one thread at a time."""

    def __init__(
        self, nodes: BlockingNodes, keys: BlockingNodes | None, diary: Diary | None = None,
        *, filling: bool = False,
    ) -> None:  # fmt: skip
        """`keys` has people's secrets; None means that `nodes` has them, too. `diary` is written to; `filling` what
        was lost, a shelf does not mind that it was.
        """
        self._nodes = nodes
        self._keys = keys or nodes
        self._diary = diary
        self._has_keys_apart = keys is not None
        self._filling = filling

    def take(self, people: Sequence[PersonKey]) -> dict[PersonKey, Entry]:
        """Return what lies under these keys. Raises `Unavailable`, also if a part of the store was lost."""
        buckets = [names.bucket(each) for each in people]
        asked = [
            (at, command("MGET", names.MARKS[at], *names.state(each)))
            for at, each in zip(buckets, people, strict=True)
        ]
        states = good(self._nodes.ask(asked))
        secrets = good(
            self._keys.ask(
                [
                    (at, command("GET", names.secret(each)))
                    for at, each in zip(buckets, people, strict=True)
                ]
            )
        )
        if not self._filling and any(mark is None for mark, _, _ in states):
            raise Unavailable("profiles: a part of the store was lost, people's choices with it")
        return {
            person: Entry(person, sealed, decided, secret)
            for person, (_, sealed, decided), secret in zip(people, states, secrets, strict=True)
        }

    def put(self, puts: Sequence[Put]) -> list[Put]:
        """Change people; return those changes that came to nothing, because somebody else was sooner.

        Raises `Unavailable`.
        """
        self._make_secrets([each.entry for each in puts if each.needs_secret])
        asked = [(names.bucket(each.entry.person), _swap(each)) for each in puts]
        replies = self._nodes.ask(asked)
        if any(
            isinstance(each, ReplyError) and str(each).startswith("NOSCRIPT") for each in replies
        ):
            self._nodes.everywhere(command("SCRIPT", "LOAD", _SWAP))
            # Those that were carried out change nothing the second time: they are told apart by their answers.
            again = [at for at, each in enumerate(replies) if isinstance(each, ReplyError)]
            for at, reply in zip(again, self._nodes.ask([asked[at] for at in again]), strict=True):
                replies[at] = reply
        done = good(replies)
        if self._diary is not None:
            made = [each for each, is_done in zip(puts, done, strict=True) if is_done]
            write_down(self._diary, made, sealed=self._has_keys_apart)
        return [each for each, is_done in zip(puts, done, strict=True) if not is_done]

    def destroy_secrets(self, people: Iterable[PersonKey]) -> None:
        """Make all that was ever sealed for these people unreadable, wherever a copy may be. Raises `Unavailable`."""
        good(
            self._keys.ask(
                [(names.bucket(each), command("DEL", names.secret(each))) for each in people]
            )
        )

    def grants(self) -> GrantTable:
        """Return the table of grants. Raises `Unavailable`."""
        return self._grants()[0]

    def index_of(self, grant: Grant) -> tuple[GrantTable, int]:
        """Return the table with this grant in it, and where. Raises `Unavailable`."""
        while True:
            table, before = self._grants()
            try:
                longer, index = table.index(grant)
            except ValueError as error:
                raise Unavailable(f"profiles: {error}") from error
            if longer is table:
                return table, index
            swap = command("EVAL", _SWAP, 1, names.GRANTS, before or b"", longer.written(), 0)
            if good(self._nodes.ask([(_GRANTS_BUCKET, swap)]))[0]:
                return longer, index

    def put_names(self, given: Mapping[int, str]) -> None:
        """Keep names by number. Raises `Unavailable`."""
        if given:
            pairs = [
                part
                for number, name in given.items()
                for part in (number, name.encode("utf-8", "surrogatepass"))
            ]
            good(self._nodes.ask([(_GRANTS_BUCKET, command("HSET", names.NAMES, *pairs))]))

    def names(self, numbers: Sequence[int]) -> dict[int, str]:
        """Return the names of these numbers that have one. Raises `Unavailable`."""
        if not numbers:
            return {}
        asked = command("HMGET", names.NAMES, *numbers)
        (found,) = good(self._nodes.ask([(_GRANTS_BUCKET, asked)]))
        return {
            number: name.decode("utf-8", "replace")
            for number, name in zip(numbers, found, strict=True)
            if name is not None
        }

    def _grants(self) -> tuple[GrantTable, bytes | None]:
        asked = command("MGET", names.MARKS[_GRANTS_BUCKET], names.GRANTS)
        ((mark, stored),) = good(self._nodes.ask([(_GRANTS_BUCKET, asked)]))
        if mark is None and not self._filling:  # a new table would give old records new grants
            raise Unavailable("profiles: the table of grants was lost")
        try:
            return GrantTable.read(stored), stored
        except ValueError as error:
            raise Unavailable(f"profiles: {error}") from error

    def _make_secrets(self, entries: Sequence[Entry]) -> None:
        """Give a secret to everybody who has none, the one of whoever is first."""
        lacking = [each for each in entries if each.secret is None]
        if not lacking:
            return
        drawn = os.urandom(SECRET_BYTES * len(lacking))
        fresh = [drawn[at : at + SECRET_BYTES] for at in range(0, len(drawn), SECRET_BYTES)]
        asked = [
            (names.bucket(each.person), command("SET", names.secret(each.person), new, "NX", "GET"))
            for each, new in zip(lacking, fresh, strict=True)
        ]
        for each, new, old in zip(lacking, fresh, good(self._keys.ask(asked)), strict=True):
            each.secret = new if old is None else old


def _swap(put: Put) -> bytes:
    entry = put.entry
    sealed, decided = entry.sealed or b"", entry.decided or b""
    new_sealed, new_decided = sealed, decided
    if put.link is not None:
        new_sealed = seal(entry.person, put.link, entry.secret or b"", LINK)
    elif put.record is not None:
        new_sealed = (
            seal(entry.person, pack(put.record), entry.secret or b"")
            if put.record != EMPTY
            else b""
        )
    if put.choices is not None:
        new_decided = write_choices(entry.person, put.choices, entry.secret)
    return command(
        "EVALSHA", _SWAP_NAME, 2, *names.state(entry.person),
        sealed, decided, new_sealed, new_decided, put.life_s, 0,
    )  # fmt: skip

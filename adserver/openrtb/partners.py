"""Partners' ids of a person (EIDs): `user.eids` since 2.6, `user.ext.eids` in 2.5; both are read.

They are the longest part of many requests and not always may be read, so the request keeps them undecoded, and
they are decoded here, bounded, for whom listed a source.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Literal, NamedTuple

import msgspec

from adserver.openrtb.request import Code, Id, User, Wire

MAX_ID_LENGTH = 200
"""Longer ids are no ids; they are ignored, not cut, because a part of an id is another id."""
MAX_TOKEN_LENGTH = 512
"""The same for encrypted ids, which somebody opens: the longest that we know of have 300."""
MAX_EIDS_BYTES = 32 * 1024
"""A longer list of partners' ids is no list of ids: none of them is read."""
MAX_IDS_PER_SOURCE = 2

INFERRED = 5
"""`mm`: somebody computed that this is probably the same person (AdCOM, ID Match Methods)."""
_OF_A_PERSON = 3
"""`atype`: the id stands for a person, not for a browser or a device (AdCOM, Agent Types)."""
_PLACEHOLDERS = ("${", "{", "[", "%%")
_NOBODYS = frozenset(
    ["0", "-1", "null", "nil", "none", "undefined", "unknown", "nan", "n/a", "optout", "opt-out", "opt_out"]
)  # fmt: skip
"""What senders write where they know no id. Taken for an id it would make one person of many."""
_NULL = b"null"


class IdSource(NamedTuple):
    """A partner whose ids we use."""

    kind: str
    """Under which kind they are kept: `eid:<host>`, or `uid2` and `euid` for those behind tokens."""
    open: Callable[[str, str], str | None] | None = None
    """Turns (what was sent, where the advertisement will show) into the id, or into nothing; none: it is the id."""


IdSources = Mapping[str, IdSource]
"""By lower-case host, the most lasting first; who is not in it does not count."""
NO_SOURCES: IdSources = {}


def plain_sources(hosts: Iterable[str]) -> dict[str, IdSource]:
    """Return the sources of ids that are sent as they are."""
    return {host.lower(): IdSource(f"eid:{host.lower()}") for host in hosts}


class _Uid(Wire):
    id: Id | None = None
    atype: Code | None = None


class Eid(Wire):
    """Ids of one source, and how they came to be here."""

    source: str | None = None
    uids: list[_Uid] | None = None
    inserter: str | None = None
    """Who put them into the request."""
    matcher: str | None = None
    """Who joined them with this person."""
    mm: int | float | str | None = None
    """How: a number of AdCOM's list, which some write as text."""

    @property
    def host(self) -> str:
        """The source as it is compared."""
        return (self.source or "").strip().lower()

    @property
    def method(self) -> int | None:
        """`mm` as a number; what is no number may mean anything, so also inference."""
        if self.mm is None:
            return None
        try:
            return int(float(self.mm))
        except (ValueError, OverflowError):
            return INFERRED


_EIDS = msgspec.json.Decoder(list[Eid], strict=False)
_EACH = msgspec.json.Decoder(list[msgspec.Raw])
_EID = msgspec.json.Decoder(Eid, strict=False)
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def eids(user: User) -> list[Eid]:
    """Return the partners' ids of a request, from both places; what cannot be read is left out."""
    found: list[Eid] = []
    for raw in (user.eids, user.ext.eids if user.ext is not None else b""):
        if not raw or raw == _NULL or len(raw) > MAX_EIDS_BYTES:
            continue
        try:
            found += _EIDS.decode(raw)
        except _UNREADABLE:
            found += _one_by_one(raw)
    return found


def partner_ids(user: User, sources: IdSources, place: str, room: int) -> list[tuple[str, str]]:
    """Return at most `room` ids of listed sources behind their kinds, in the order of the list.

    Of one source those of a person come before those of a browser or a device, and there are at most
    `MAX_IDS_PER_SOURCE`. What is inferred stands for nobody. `place` is the domain or the application.
    """
    by_host: dict[str, list[_Uid]] = {}
    for eid in eids(user):
        # Most senders write hosts as they are compared; asking first saves half a microsecond each.
        host = eid.source or ""
        if host not in sources:
            host = eid.host
        if host in sources and eid.uids and (eid.mm is None or eid.method != INFERRED):
            by_host[host] = by_host[host] + eid.uids if host in by_host else eid.uids
    found: list[tuple[str, str]] = []
    if by_host:
        for host, source in sources.items():
            if host in by_host and len(found) < room:
                ids = _ids(by_host[host], source, place)
                found += [(source.kind, each) for each in ids[: room - len(found)]]
    return found


def _ids(uids: list[_Uid], source: IdSource, place: str) -> list[str]:
    if len(uids) > 1:
        uids = sorted(uids, key=lambda uid: uid.atype != _OF_A_PERSON)
    ids: list[str] = []
    for uid in uids[: 2 * MAX_IDS_PER_SOURCE]:  # opening a token takes microseconds
        found = _read(uid, source, place)
        if found is not None and found not in ids:
            ids.append(found)
    return ids[:MAX_IDS_PER_SOURCE]


MAX_TOLD = 20
Fate = Literal["used", "inferred", "source_not_listed", "no_id"]


class Provenance(NamedTuple):
    """What an explanation tells of a partner's ids: how they came here and what became of them, never the ids."""

    source: str
    inserter: str
    matcher: str
    method: int | None
    """AdCOM's number; 0 or nothing: nobody knows."""
    fate: Fate


def provenance(user: User, sources: IdSources, place: str) -> list[Provenance]:
    """Return how each of a request's partners' ids came here, in its order, at most `MAX_TOLD`."""
    told: list[Provenance] = []
    for eid in eids(user):
        fate: Fate = "used"
        if eid.host not in sources:
            fate = "source_not_listed"
        elif eid.method == INFERRED:
            fate = "inferred"
        elif not any(
            _read(uid, sources[eid.host], place) for uid in (eid.uids or ())[:MAX_IDS_PER_SOURCE]
        ):
            fate = "no_id"
        source, inserter, matcher = (
            (text or "")[:MAX_ID_LENGTH] for text in (eid.host, eid.inserter, eid.matcher)
        )
        told.append(Provenance(source, inserter, matcher, eid.method, fate))
        if len(told) == MAX_TOLD:
            break
    return told


def stands_for_somebody(identifier: str) -> bool:
    """Tell whether a text may be an id: neither endless, nor a placeholder, nor a word for nobody."""
    return (
        0 < len(identifier) <= MAX_ID_LENGTH
        and not identifier.startswith(_PLACEHOLDERS)
        and identifier.lower() not in _NOBODYS
    )


def _read(uid: _Uid, source: IdSource, place: str) -> str | None:
    if uid.id is None:
        return None
    sent = str(uid.id).strip()
    if source.open is None:
        return sent if sent.isprintable() and stands_for_somebody(sent) else None
    return source.open(sent, place) if 0 < len(sent) <= MAX_TOKEN_LENGTH else None


def _one_by_one(raw: msgspec.Raw | bytes) -> Iterator[Eid]:
    """Yield what can be read of a list in which not everything can."""
    try:
        elements = _EACH.decode(raw)
    except _UNREADABLE:
        return
    for element in elements:
        try:
            yield _EID.decode(element)
        except _UNREADABLE:
            continue

"""R16, non-interference: whatever a permission does not cover leaves answer, events, contacts, log and trace as they are.

A request is put into a state of permission, asked, changed wherever that state covers nothing, and asked again. What
each state allows is written here by hand, not asked of the code. `covered.py` lists the fields, each with why.
"""

import copy
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from adserver.domain.choices import NO_CHOICES, Choices
from adserver.domain.identity import number, segment_number
from adserver.domain.person import Found, Interest, PersonKey, Profile, Touch
from adserver.errors import Unavailable
from loadtest import tcf
from tests.torture import strict
from tests.torture.covered import (
    FIELDS,
    IDENTIFY,
    PERSONALISE,
    PRECISE,
    STORED,
    Field,
    change,
    text,
)
from tests.torture.figures import Figure, Scale, none_of
from tests.torture.kinds import MEDIA
from tests.torture.mirror import NOW_S, SEGMENTS, VENDOR, Mirror, Outcome, difference

Json = dict[str, Any]
Change = Callable[[Json], None]

ENOUGH_BIDS = 0.3
"""Of the pairs at least so many must be about bids, not about reasons to have none."""
OBJECTED = SEGMENTS[0]
_PROVIDER, _, _OBJECTED_ID = OBJECTED.partition(":")
_WHOM = [number("line_item", f"{kind}-{n}-by") for kind in ("posters", "films", "stories") for n in (0, 1, 2, 3, "home")]  # fmt: skip


class State(NamedTuple):
    """A state of permission: how a request gets there, and what it then covers."""

    name: str
    put: Change
    allows: frozenset[str] = frozenset()
    choices: Choices | None = NO_CHOICES
    """What the person decided with us; `None`: the store does not answer."""

    @property
    def hangs_on_the_person(self) -> bool:
        """Somebody must be found, or rather not found, for the state to be as it is."""
        return self.choices != NO_CHOICES


def _consent(*purposes: int) -> Change:
    ours = ((VENDOR, VENDOR),)
    given = tcf.encode(tcf.Choice(date(2026, 10, 1), ours, ours, purposes))
    return lambda request: request.update(
        regs={**request["regs"], "gdpr": 1}, user={**request["user"], "consent": given}
    )


def _regs(**fields: Any) -> Change:
    return lambda request: request.update(regs={**request["regs"], **fields})


def _device(**fields: Any) -> Change:
    return lambda request: request.update(device={**request["device"], **fields})


def _screen(request: Json) -> None:
    """Somebody who agreed to everything passes a screen in public: nobody's permission covers who that is."""
    _consent(*range(1, 12))(request)
    request.pop("app", None)
    request.pop("site", None)
    request["dooh"] = {"id": "board", "domain": "boards.example"}


def _nothing(_: Json) -> None:
    """No signal restricts anything."""


WITH_ID, WITH_SEGMENTS = frozenset({IDENTIFY}), frozenset({IDENTIFY, PERSONALISE})
EVERYTHING = WITH_SEGMENTS | {PRECISE}
STATES: tuple[State, ...] = (
    State("gdpr without a string", _regs(gdpr=1)),
    State("gdpr, string for others", _consent()),
    State("purpose 2", _consent(2)),
    State("purposes 2, 4, 7", _consent(2, 4, 7)),
    State("purposes 1, 2", _consent(1, 2), WITH_ID),
    State("purposes 1, 2, 3, 7, 9", _consent(1, 2, 3, 7, 9), WITH_ID),
    State("purposes 1, 2, 4", _consent(1, 2, 4), WITH_SEGMENTS),
    State("all purposes", _consent(*range(1, 12)), WITH_SEGMENTS),
    State("coppa", _regs(coppa=1)),
    State("lmt", _device(lmt=1)),
    State("dnt", _device(dnt=1)),
    State("opt-out of sale", _regs(us_privacy="1YYN")),
    State("opt-out unreadable", _regs(us_privacy="1Y")),
    State("gpp unreadable", _regs(gpp="DB?~", gpp_sid=[7])),
    State("gpc", _regs(ext={"gpc": "1"})),
    State("opted out", _nothing, choices=Choices(opted_out=True)),
    State("erased", _nothing, choices=Choices(erased=True)),
    State("opted out under gdpr", _consent(*range(1, 12)), choices=Choices(opted_out=True)),
    State("choices unknown", _nothing, choices=None),
    State(
        "objection", _nothing, EVERYTHING, Choices(objections=(segment_number(OBJECTED),))
    ),
    State("screen out of home", _screen, frozenset({PRECISE})),  # where it stands is nobody's place
    State("nothing restricts", _nothing, EVERYTHING),
)  # fmt: skip


def run(scale: Scale) -> list[Figure]:
    """Ask in pairs, with the store here and with one elsewhere."""
    pairs = Pairs(Random(scale.seed))
    with tempfile.TemporaryDirectory() as folder:
        mirrors = [Mirror(Path(folder, str(each)), remote=each) for each in (False, True)]
        box, wanted = scale.time(), scale.count(100_000, 600)
        for request in requests(pairs.dice):
            if pairs.asked >= wanted or box.over():
                break
            pairs.ask(pairs.dice.choice(mirrors), request, pairs.dice.choice(STATES))
    share = pairs.bids / max(1, pairs.asked)
    return [
        none_of("R16", f"pairs that differ by what nothing covers, {len(FIELDS) + len(STORED)} fields, {len(STATES)} states",
                pairs.asked, pairs.wrong),
        Figure("R16", "of the pairs, about bids", f"{share:.0%}", f">= {ENOUGH_BIDS:.0%}", share >= ENOUGH_BIDS),
        Figure("R16", "pairs that differ by what is covered (the comparison works)", str(pairs.seen), "> 0", pairs.seen > 0),
    ]  # fmt: skip


class Pairs:
    """Requests asked twice."""

    def __init__(self, dice: Random) -> None:
        self.dice = dice
        self.asked = 0
        self.bids = 0
        self.seen = 0
        """Pairs that differ in something covered, and in their outcome."""
        self.wrong: list[str] = []

    def ask(self, mirror: Mirror, request: Json, state: State) -> None:
        """Compare one request with itself, changed wherever this state covers nothing; note what differs."""
        base = _Situation(request, state, self.dice)
        outcome = base.ask(mirror)
        self.asked += 1
        self.bids += bool(outcome.events)
        free = [field for field in FIELDS + STORED if field.needs not in state.allows]
        if where := difference(outcome, base.changed(free, self.dice).ask(mirror)):
            guilty = [
                field.path
                for field in free
                for _ in range(5)
                if difference(outcome, base.changed([field], self.dice).ask(mirror))
            ]
            names = ", ".join(dict.fromkeys(guilty)) or "several together"
            self.wrong.append(f"{state.name}: {names} shows in {where}")
        elif state.allows and self.dice.random() < 0.1:
            covered = [field for field in FIELDS + STORED if field.needs in state.allows]
            self.seen += bool(difference(outcome, base.changed(covered, self.dice).ask(mirror)))


class _Situation:
    """A request in a state, and what is stored of its person."""

    def __init__(self, request: Json, state: State, dice: Random) -> None:
        self.state = state
        self.request = request
        self.stored = {field.path: field.value(dice) for field in STORED}
        state.put(request)
        for field in FIELDS:
            if dice.random() < 0.5:
                change(request, field, dice)
        self._be_somebody(dice)

    def changed(self, fields: Sequence[Field], dice: Random) -> "_Situation":
        """Return the same with something else in these places."""
        other = copy.copy(self)
        other.request, other.stored = copy.deepcopy(self.request), dict(self.stored)
        for field in fields:
            if field in STORED:
                other.stored[field.path] = field.value(dice)
            else:
                change(other.request, field, dice)
        if IDENTIFY not in self.state.allows:
            other._be_somebody(dice)
        return other

    def ask(self, mirror: Mirror) -> Outcome:
        """Return what comes of it."""
        mirror.finder = self._find
        asked = self.request
        if self.stored["objected"] % 2 and self.state.choices and self.state.choices.objections:
            asked = copy.deepcopy(asked)
            data = asked["user"].setdefault("data", [])
            data.append({"id": _PROVIDER, "segment": [{"id": _OBJECTED_ID}]})
        return mirror.ask(asked)

    def _be_somebody(self, dice: Random) -> None:
        if self.state.hangs_on_the_person:  # without an id nobody's choice could be found
            self.request["user"]["buyeruid"] = f"person-{text(dice)}"

    def _find(self, ids: Sequence[PersonKey]) -> Found:
        choices = self.state.choices
        if choices is None:
            raise Unavailable("the store does not answer")
        names = [name for name in SEGMENTS if not (choices.objections and name == OBJECTED)]
        drawn = Random(self.stored["segments"])
        segments = {segment_number(name) for name in drawn.sample(names, drawn.randint(0, 3))}
        if choices.objections and self.stored["objected"] % 3:
            segments.add(segment_number(OBJECTED))
        return Found(
            ids[0], Profile(tuple(sorted(segments)), self._touches(), self._interests()), choices
        )

    def _touches(self) -> tuple[Touch, ...]:
        drawn = Random(self.stored["touches"])
        return tuple(
            Touch("impression", int(NOW_S) - drawn.randint(0, 90_000), drawn.choice(_WHOM), 1, drawn.randbytes(16))
            for _ in range(drawn.choice((0, 4, 40)))
        )  # fmt: skip

    def _interests(self) -> tuple[Interest, ...]:
        drawn = Random(self.stored["interests"])
        return tuple(
            Interest("click", int(NOW_S) - 60 * each, drawn.getrandbits(40)) for each in range(drawn.randint(0, 5))
        )  # fmt: skip


def requests(dice: Random) -> Iterator[Json]:
    """Yield requests without any signal: some made up, and where there is a corpus, real ones between them."""
    root = os.environ.get("ADSERVER_CORPUS")
    real = sorted(Path(root, "openrtb", "open", "requests").iterdir()) if root else []
    number = 0
    while True:
        number += 1
        if real and dice.random() < 0.5:
            request = json.loads(dice.choice(real).read_bytes())
            if not isinstance(request, dict) or not _is_whole(request):
                continue
        else:
            request = _made_up(dice, f"made-up-{number}")
        yield _without_signals(request)


def _is_whole(request: Json) -> bool:
    parts = ("user", "device", "regs", "site", "app", "source")
    return all(isinstance(request.get(part, {}), dict) for part in parts)


def _made_up(dice: Random, name: str) -> Json:
    spaces: Json = {**strict.SPACES, "banner": {"w": 300, "h": dice.choice((250, 600))}}
    request: Json = {
        "id": name, "at": dice.choice((1, 2)),
        "imp": [
            {"id": str(n), (media := dice.choice(MEDIA)): spaces[media], "bidfloor": dice.choice((0, 0.5, 40))}
            for n in range(dice.choice((1, 1, 2)))
        ],
        "device": {"devicetype": dice.choice((3, 4, 4)), "os": "iOS", "geo": {"country": "USA", "region": "WI", "city": "Milwaukee"}},
    }  # fmt: skip
    if dice.random() < 0.5:
        request["site"] = {"domain": "news.example", "page": f"https://news.example/a?{text(dice)}"}
    else:
        request["app"] = {"bundle": "com.news", "cat": ["IAB12"]}
    if dice.random() < 0.3:
        request["regs"] = {
            "ext": {"dsa": {"dsarequired": dice.randint(1, 3), "pubrender": dice.randint(0, 2)}}
        }
    return request


def _without_signals(request: Json) -> Json:
    """Return the request of a person whom nothing restricts, and that nothing but its spaces keeps from a bid."""
    for key in ("tmax", "wseat", "bseat", "cur", "test"):
        request.pop(key, None)
    dsa = ((request.get("regs") or {}).get("ext") or {}).get("dsa")
    request["regs"] = {"ext": {"dsa": dsa}} if dsa else {}
    user, device = request.get("user") or {}, request.get("device") or {}
    user.pop("consent", None)
    user["ext"] = {}
    geo = user["geo"] if isinstance(user.get("geo"), dict) else {}
    user["geo"] = {key: value for key, value in geo.items() if key != "country"}
    device.pop("lmt", None)
    device.pop("dnt", None)
    if isinstance(device.get("ext"), dict):
        device["ext"].pop("atts", None)
    device["geo"] = {
        **(device["geo"] if isinstance(device.get("geo"), dict) else {}),
        "country": "USA",
    }
    return request | {"user": user, "device": device}

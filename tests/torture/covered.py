"""What of a request and of a profile no permission, or only some permission, lets the bidder look at.

Each row says which permission covers a field, and why; without it, whatever stands there must leave no trace.
User agent and addresses may be looked at for security, whatever the permission (TCF special purpose 1): by the judges
of invalid traffic alone. Those are off here, so nothing may come of these fields either. Line items may target some of
the others as what surrounds an advertisement, not as what somebody is: a page's keywords, a metro, a model. Here none
does, and what nobody targets is not even read.
"""

from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

Json = dict[str, Any]

IDENTIFY, PERSONALISE, PRECISE = "identify", "personalise", "precise"
NOTHING = "nothing"
"""No permission that there is covers it: we have no use for it."""

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789-"


def text(dice: Random) -> str:
    """Return what might be an id, a word or a secret."""
    return "".join(dice.choices(_LETTERS, k=dice.randint(1, 36)))


def _query(dice: Random) -> str:
    return f"?q={text(dice)}&email={text(dice)}%40example.org#{text(dice)}"


def _degrees(dice: Random) -> float:
    return round(dice.uniform(-90, 90), 12)


def _address(dice: Random) -> str:
    return ".".join(str(dice.randint(1, 223)) for _ in range(4))


def _address_6(dice: Random) -> str:
    return ":".join(f"{dice.getrandbits(16):x}" for _ in range(8))


def _anything(dice: Random) -> Json:
    return {text(dice): text(dice), "email": f"{text(dice)}@example.org", "n": dice.random()}


def _eids(dice: Random) -> list[Json]:
    uids = [{"id": text(dice), "atype": dice.choice((1, 3))}]
    return [{"source": dice.choice(("uidapi.com", "x.example")), "uids": uids, "mm": 3}]


def _sent_segments(dice: Random) -> list[Json]:
    names = dice.sample(("cyclist", "owner", "gardener", "parent", text(dice)), dice.randint(0, 3))
    return [{"id": "dmp", "name": text(dice), "segment": [{"id": name} for name in names]}]


class Field(NamedTuple):
    """One place where something of a person may stand."""

    path: str
    """Within the request; what ends in `+` is added to the text that stands there."""
    needs: str
    """Which permission covers it."""
    why: str
    value: Callable[[Random], Any]


_ID = "it recognises a person or their device"
_SEARCH = "what somebody searches for or reads about is told in words that nobody declared"
_HOME = "an address is a person's; on a television it tells which household that is, else it is for security alone"
_SURROUNDS = "extensions carry anything, ids too; ours are declared one by one"
_TRAITS = "what somebody is like is asked of segments with a source, never of the request"
_SPACE = "a publisher may write anything there, and models are told what looks like a name"
_FINGER = "it tells devices of one kind apart"

FIELDS: tuple[Field, ...] = (
    Field("device.ifa", IDENTIFY, _ID, text),
    Field("user.id", IDENTIFY, _ID, text),
    Field("user.buyeruid", IDENTIFY, _ID, text),
    Field("user.eids", IDENTIFY, _ID, _eids),
    Field("user.ext.eids", IDENTIFY, _ID, _eids),
    Field("user.data", PERSONALISE, "segments say what a person is", _sent_segments),
    Field("device.geo.lat", PRECISE, "half a kilometre is somebody's home", _degrees),
    Field("device.geo.lon", PRECISE, "half a kilometre is somebody's home", _degrees),
    Field("device.geo.accuracy", PRECISE, "part of an exact place", lambda dice: dice.randint(1, 99)),
    Field("device.geo.zip", PRECISE, "in places no more than a few houses", text),
    Field("device.geo.metro", NOTHING, "nobody targets it here", text),
    Field("device.geo.utcoffset", NOTHING, "the advertiser's clock is what counts", lambda dice: dice.randint(-700, 700)),
    Field("device.geo.ext", NOTHING, _SURROUNDS, _anything),
    Field("device.ip", IDENTIFY, _HOME, _address),
    Field("device.ipv6", IDENTIFY, _HOME, _address_6),
    Field("device.ua", NOTHING, "it recognises rare browsers; looked at for security alone", text),
    Field("device.didsha1", NOTHING, _ID, text),
    Field("device.dpidmd5", NOTHING, _ID, text),
    Field("device.macsha1", NOTHING, _ID, text),
    Field("device.carrier", NOTHING, _FINGER, text),
    Field("device.model", NOTHING, _FINGER, text),
    Field("device.osv", NOTHING, _FINGER, text),
    Field("device.hwv", NOTHING, _FINGER, text),
    Field("device.ext", NOTHING, _SURROUNDS, _anything),
    Field("user.yob", NOTHING, _TRAITS, lambda dice: dice.randint(1920, 2020)),
    Field("user.gender", NOTHING, _TRAITS, lambda dice: dice.choice("MFO")),
    Field("user.keywords", NOTHING, _TRAITS, text),
    Field("user.kwarray", NOTHING, _TRAITS, lambda dice: [text(dice)]),
    Field("user.customdata", NOTHING, _ID, text),
    Field("user.geo.lat", NOTHING, "where somebody lives", _degrees),
    Field("user.geo.lon", NOTHING, "where somebody lives", _degrees),
    Field("user.geo.zip", NOTHING, "where somebody lives", text),
    Field("user.geo.city", NOTHING, "where somebody lives", text),
    Field("user.ext.email", NOTHING, _ID, text),
    Field("user.ext.other", NOTHING, _SURROUNDS, _anything),
    Field("site.page+", NOTHING, "queries carry searches, names and addresses", _query),
    Field("site.ref", NOTHING, "where somebody comes from, with its query", lambda dice: f"https://x.example/{_query(dice)}"),
    Field("site.search", NOTHING, _SEARCH, text),
    Field("site.keywords", NOTHING, _SEARCH, text),
    Field("site.content.keywords", NOTHING, _SEARCH, text),
    Field("site.content.title", NOTHING, _SEARCH, text),
    Field("site.content.url", NOTHING, _SEARCH, lambda dice: f"https://x.example/{_query(dice)}"),
    Field("site.ext", NOTHING, _SURROUNDS, _anything),
    Field("app.keywords", NOTHING, _SEARCH, text),
    Field("app.ext", NOTHING, _SURROUNDS, _anything),
    Field("source.tid", NOTHING, "it joins what several bidders saw", text),
    Field("source.ext", NOTHING, _SURROUNDS, _anything),
    Field("regs.ext.other", NOTHING, _SURROUNDS, _anything),
    Field("imp.0.tagid", IDENTIFY, _SPACE, text),
    Field("imp.0.ext", NOTHING, _SURROUNDS, _anything),
    Field("ext", NOTHING, _SURROUNDS, _anything),
)  # fmt: skip

STORED = (
    Field("segments", PERSONALISE, "segments say what a person is", lambda dice: dice.getrandbits(32)),
    Field("interests", PERSONALISE, "they say what a person wants", lambda dice: dice.getrandbits(32)),
    Field("touches", IDENTIFY, "whom we showed what", lambda dice: dice.getrandbits(32)),
    Field("objected", NOTHING, "a segment that its person objects to is as good as absent", lambda dice: dice.getrandbits(32)),
)  # fmt: skip
"""Parts of what is stored of a person; the value is a number that their content is drawn by."""
_ONLY_WHERE_THEY_ARE = ("site", "app")
"""To add one of these would be to offer another kind of space."""


def change(request: Json, field: Field, dice: Random) -> None:
    """Put something else there, or take away what is there."""
    *way, last = field.path.removesuffix("+").split(".")
    at: Any = request
    for step in way:
        if isinstance(at, list):
            at = at[int(step)]
        else:
            if not isinstance(at.get(step), dict | list):
                if step in _ONLY_WHERE_THEY_ARE:
                    return
                at[step] = {}
            at = at[step]
    if field.path.endswith("+"):
        if at.get(last):
            at[last] = str(at[last]).partition("?")[0].partition("#")[0] + field.value(dice)
    elif last in at and dice.random() < 0.3:
        del at[last]
    else:
        at[last] = field.value(dice)

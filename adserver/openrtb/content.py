"""What an advertisement would appear with: the publisher's ids and words, and the programme's."""

from collections.abc import Callable, Iterator

import msgspec

from adserver.domain.opportunity import Value
from adserver.domain.sensitive import topic
from adserver.domain.venues import VENUES
from adserver.domain.vocabulary import NO, RATINGS, YES
from adserver.openrtb.place import MAX_NAME
from adserver.openrtb.request import NOT_SENT, BidRequest, Content, Id, Imp, Inventory, Wire

MAX_WORDS = 100
"""So many keywords, categories or key-values of a request are looked at."""
MAX_WORD_BYTES = 8_192
"""Longer lists of words are not read."""
GENRES = 9
"""The taxonomy of `genres` unless it says otherwise: Content Taxonomy 3.1 (OpenRTB 2.6, 3.2.16)."""
_VENUE_TAXONOMIES = (1, 5)  # OpenOOH 1.0 and 1.1, by AdCOM's numbers
_VENUE_NAMES = frozenset(VENUES.values())
_EMPTY = Inventory()
_NO_CONTENT = Content()
_UNREADABLE = (msgspec.DecodeError, UnicodeError, RecursionError)
Scalar = str | int | float | bool


class _Broadcast(Wire):
    """A channel or a network."""

    id: Id | None = None
    name: str | None = None
    domain: str | None = None


class _Ext(Wire):
    data: dict[str, msgspec.Raw] | None = None


_text = msgspec.json.Decoder(str | list[str] | None).decode
_broadcast = msgspec.json.Decoder(_Broadcast, strict=False).decode
_ids = msgspec.json.Decoder(list[Id], strict=False).decode
_ext = msgspec.json.Decoder(_Ext).decode
_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_scalars = msgspec.json.Decoder(Scalar | list[Scalar] | None).decode


def inventory(request: BidRequest) -> Inventory:
    """Return the application, the screen or the site; of several the first of these."""
    return request.app or request.dooh or request.site or _EMPTY


def site_id(request: BidRequest) -> Value:
    """Return the exchange's own id of the site."""
    return _id(request.site.id) if request.site is not None and request.app is None else ""


def app_id(request: BidRequest) -> Value:
    """Return the exchange's own id of the application."""
    return _id(request.app.id) if request.app is not None else ""


def publisher(request: BidRequest) -> Value:
    """Return the exchange's own id of the publisher."""
    found = inventory(request).publisher
    return _id(found.id) if found is not None else ""


def channel(request: BidRequest) -> Value:
    """Return name, domain and id of the channel."""
    return _names(_content(request).channel)


def tv_network(request: BidRequest) -> Value:
    """Return name, domain and id of the network."""
    return _names(_content(request).network)


def genre(request: BidRequest) -> Value:
    """Return the names of the genres, and their numbers behind that of their taxonomy."""
    content = _content(request)
    found = _words(content.genre)
    if content.genres is not NOT_SENT:
        try:
            ids = _ids(content.genres)
        except _UNREADABLE:
            ids = []
        taxonomy = content.gtax or GENRES
        found += [f"{taxonomy}:{str(each)[:MAX_NAME]}" for each in ids[:MAX_WORDS]]
    return tuple(found)


def rating(request: BidRequest) -> Value:
    """Return what a board says of who may watch, and AdCOM's media rating in our words."""
    content = _content(request)
    found = _words(content.contentrating)
    told = content.qagmediarating
    if told is not None and 1 <= told <= len(RATINGS):
        found.append(RATINGS[told - 1])
    return tuple(found)


def live(request: BidRequest) -> Value:
    """Tell whether it is broadcast live."""
    said = _content(request).livestream
    return "" if said is None else YES if said == 1 else NO


def keywords(request: BidRequest) -> Value:
    """Return the publisher's words for page and content, lower case; those of a person are never read."""
    sources = (inventory(request), _content(request))
    found = [
        word for each in sources for raw in (each.keywords, each.kwarray) for word in _words(raw)
    ]
    return tuple(dict.fromkeys(found[:MAX_WORDS]))


def key_values(imp: Imp, request: BidRequest) -> Value:
    """Return what the publisher says of page and space as `key=value`, and keywords of that form.

    From `ext.data` of the imp and of the site or application, as Prebid's first-party data has it; texts, numbers and
    booleans, alone or in lists.
    """
    source = inventory(request)
    found = list(_data(imp.ext.data if imp.ext is not None else NOT_SENT, _members))
    if source.ext is not NOT_SENT:
        found += _data(source.ext, _ext_data)
    for raw in (source.keywords, source.kwarray):
        found += [word for word in _split(raw) if "=" in word]
    return tuple(dict.fromkeys(found[:MAX_WORDS]))


def sensitive(request: BidRequest) -> Value:
    """Return the sensitive topics that the content categories tell of."""
    source, content = inventory(request), _content(request)
    pairs = [
        (source.cattax or 1, each)
        for categories in (source.cat, source.sectioncat, source.pagecat)
        for each in categories or ()
    ]
    pairs += [(content.cattax or 1, each) for each in content.cat or ()]
    found = [topic(taxonomy, each) for taxonomy, each in pairs[:MAX_WORDS]]
    return tuple(dict.fromkeys(filter(None, found)))


def venue(request: BidRequest) -> Value:
    """Return where a screen stands; a place that the taxonomy does not have is the nearest above that it has."""
    dooh = request.dooh
    if dooh is None or dooh.venuetype is NOT_SENT:
        return ()
    if (dooh.venuetypetax or 1) not in _VENUE_TAXONOMIES:
        return ()
    try:
        said = _ids(dooh.venuetype)
    except _UNREADABLE:
        return ()
    return tuple(filter(None, [_venue(str(each)[:MAX_NAME].lower()) for each in said[:MAX_WORDS]]))


def _venue(text: str) -> str:
    if text.isdigit():
        while text and text not in VENUES:
            text = text[:-2]
        return VENUES.get(text, "")
    while text and text not in _VENUE_NAMES:
        text = text.rpartition(".")[0]
    return text


def _content(request: BidRequest) -> Content:
    return inventory(request).content or _NO_CONTENT


def _id(sent: Id | None) -> str:
    return "" if sent is None else str(sent)[:MAX_NAME]


def _names(raw: msgspec.Raw) -> Value:
    if raw is NOT_SENT:
        return ()
    try:
        found = _broadcast(raw)
    except _UNREADABLE:
        return ()
    said = (found.name, found.domain, None if found.id is None else str(found.id))
    return tuple([each.strip().lower()[:MAX_NAME] for each in said if each])


def _words(raw: msgspec.Raw) -> list[str]:
    return [word.lower() for word in _split(raw)]


def _split(raw: msgspec.Raw) -> list[str]:
    """Return the words of a text with commas, or of a list."""
    if raw is NOT_SENT or len(memoryview(raw)) > MAX_WORD_BYTES:
        return []
    try:
        found = _text(raw) or ()
    except _UNREADABLE:
        return []
    words = found.split(",", MAX_WORDS)[:MAX_WORDS] if isinstance(found, str) else found
    return [word for each in words[:MAX_WORDS] if (word := each.strip()[:MAX_NAME])]


def _ext_data(raw: msgspec.Raw) -> dict[str, msgspec.Raw]:
    return _ext(raw).data or {}


def _data(raw: msgspec.Raw, read: Callable[[msgspec.Raw], dict[str, msgspec.Raw]]) -> Iterator[str]:
    if raw is NOT_SENT or len(memoryview(raw)) > MAX_WORD_BYTES:
        return
    try:
        members = read(raw)
    except _UNREADABLE:
        return
    for key, value in members.items():
        try:
            said = _scalars(value)
        except _UNREADABLE:
            continue  # an object within: nobody can write it as `key=value`
        for each in (said if isinstance(said, list) else [said])[:MAX_WORDS]:
            if each is not None:
                text = each if isinstance(each, str) else msgspec.json.encode(each).decode()
                yield f"{key}={text}"[: 2 * MAX_NAME]

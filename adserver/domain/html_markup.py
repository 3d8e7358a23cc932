"""What HTML that others wrote consists of: read once, when the campaign is loaded, and refused where it cannot work."""

import re
from html.parser import HTMLParser
from typing import Literal, NamedTuple

from adserver.domain.creative import Html
from adserver.domain.placeholders import Piece, Placeholder, pieces
from adserver.domain.web_address import web_address

MRAID = frozenset({3, 5, 6})
"""AdCOM API frameworks: MRAID 1 to 3."""
MRAID_SCRIPT = "mraid.js"
"""The one relative address that may be loaded: an application's web view stands in for it."""
_ADDRESSES = frozenset({"src", "href", "action", "formaction", "poster", "data", "background", "ping", "xlink:href"})  # fmt: skip
_SWALLOWING = ("textarea", "title", "xmp", "iframe", "noembed", "noframes", "noscript", "template", "select", "svg")  # fmt: skip
"""Unclosed, these would swallow what is added behind the markup."""
_REFUSED = {"base": "moves every relative address", "plaintext": "swallows what follows"}
_TOKEN = re.compile(r"zq(\d+)qz")
_END = "zqendqz"
_STYLE_ADDRESS = re.compile(r"""url\(\s*["']?\s*([^"')\s]+)""", re.IGNORECASE)
_LOADED_INSECURELY = re.compile(r"http://(?!www\.w3\.org/)", re.IGNORECASE)
"""`http://www.w3.org/2000/svg` and its like name things and are loaded by nobody."""
_DOCUMENT = re.compile(r"<(?:!doctype|html|body)\b", re.IGNORECASE)
_CLOSING = ("</body", "</html")

Place = Literal["attribute", "text", "script", "style", "comment", "nested"]


class HtmlMarkup(NamedTuple):
    """A markup that works, as far as reading it can tell."""

    head: tuple[Piece, ...]
    tail: tuple[Piece, ...]
    """What is added goes between the two."""
    whole_page: bool
    """It is a document of its own rather than a part of one."""
    scripts: bool
    frames: bool
    images: bool
    loads_mraid: bool
    opens_by_mraid: bool
    """It opens its landing page by `mraid.open` itself."""

    @property
    def placeholders(self) -> frozenset[str]:
        """Names of the placeholders in it."""
        return frozenset(
            each.name for each in (*self.head, *self.tail) if isinstance(each, Placeholder)
        )


def html_markup(creative: Html) -> HtmlMarkup:
    """Read a creative's markup. Raises `ValueError` with what is wrong and, where one can tell, the line."""
    found = pieces(creative.markup)
    gaps = [piece for piece in found if isinstance(piece, Placeholder)]
    if not any(gap.name == "click_url" for gap in gaps):
        raise ValueError("no {{click_url}}: nobody could follow it, and no click would be counted")
    if creative.secure and (insecure := _LOADED_INSECURELY.search(creative.markup)):
        line = creative.markup.count("\n", 0, insecure.start()) + 1
        raise ValueError(f"line {line}: the creative is declared secure, so this must be https")
    read = _Reader(_with_tokens(found), gaps, secure=creative.secure)
    for number, gap in enumerate(gaps):
        _check_place(gap, read.places.get(number))
    cut = _opening(found)
    whole_page = bool(_DOCUMENT.search(creative.markup))
    mraid = not MRAID.isdisjoint(creative.apis)
    if read.uses_mraid and not mraid:
        raise ValueError("uses mraid: declare the API frameworks 3, 5 or 6")
    if mraid and whole_page and not read.loads_mraid:
        raise ValueError(f'needs <script src="{MRAID_SCRIPT}"></script> in its head')
    return HtmlMarkup(
        *cut,
        whole_page=whole_page,
        scripts=read.scripts,
        frames=read.frames,
        images=read.images,
        loads_mraid=read.loads_mraid,
        opens_by_mraid=read.opens_by_mraid,
    )


class _Reader(HTMLParser):
    """Walks through a markup whose placeholders are words that occur nowhere else."""

    def __init__(self, markup: str, gaps: list[Placeholder], *, secure: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.places: dict[int, Place] = {}
        self.scripts = self.frames = self.images = False
        self.loads_mraid = self.opens_by_mraid = self.uses_mraid = False
        self._secure = secure
        self._gaps = gaps
        self._inside = ""
        self._open = dict.fromkeys(_SWALLOWING, 0)
        self.feed(markup)
        self.close()
        unclosed = [tag for tag, count in self._open.items() if count > 0]
        if unclosed:
            raise ValueError(f"<{unclosed[0]}> is not closed")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a tag says of the markup, and check its addresses."""
        if tag in _REFUSED:
            raise self._fault(f"<{tag}> {_REFUSED[tag]}; leave it out")
        if tag in self._open:
            self._open[tag] += 1
        self._inside = tag if tag in {"script", "style"} else ""
        self.scripts |= tag == "script"
        self.frames |= tag == "iframe"
        self.images |= tag in {"img", "picture"}
        values = {name: value or "" for name, value in attrs}
        if tag == "meta" and values.get("http-equiv", "").lower() == "refresh":
            raise self._fault("<meta http-equiv=refresh> leads people away; leave it out")
        for name, value in values.items():
            self._attribute(name, value)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take `<svg/>` as opened and closed; to HTML a slash means nothing, but drawings use it."""
        self.handle_starttag(tag, attrs)
        if tag in self._open:
            self._open[tag] -= 1

    def handle_endtag(self, tag: str) -> None:
        """Leave a script or style."""
        self._inside = ""
        if tag in self._open:
            self._open[tag] -= 1

    def handle_data(self, data: str) -> None:
        """Note which placeholders stand in texts, scripts and styles."""
        if self._inside == "script":
            self._script(data)
        elif self._inside == "style":
            self._style(data)
        else:
            self._note("text", data)

    def handle_comment(self, data: str) -> None:
        """Note which placeholders stand in comments."""
        self._note("comment", data)

    def _attribute(self, name: str, value: str) -> None:
        if name.startswith("on"):
            self.scripts = True
            self._script(value)
        elif name == "style":
            self._style(value)
        elif name == "srcdoc":
            self._note("nested", value)
        else:
            self._note("attribute", value)
        if name in _ADDRESSES:
            self._address(name, value.strip())
        elif name in {"srcset", "imagesrcset"}:
            for part in value.split(","):
                if part.strip():
                    self._address(name, part.split()[0])

    def _address(self, name: str, value: str) -> None:
        if name == "src" and value == MRAID_SCRIPT:
            self.loads_mraid = self.uses_mraid = True
            return
        if name == "href" and value.startswith("#"):  # within the page itself
            return
        if name == "src" and value.startswith("data:image/"):  # brought along, not loaded
            return
        try:
            web_address(value, secure=self._secure)
        except ValueError as error:
            raise self._fault(f"{name}: {error}") from None

    def _script(self, text: str) -> None:
        self._note("script", text)
        self.uses_mraid |= "mraid." in text
        self.opens_by_mraid |= "mraid.open" in text

    def _style(self, text: str) -> None:
        self._note("style", text)
        for address in _STYLE_ADDRESS.findall(text):
            if not address.startswith(("data:", "#")):
                try:
                    web_address(address, secure=self._secure)
                except ValueError as error:
                    raise self._fault(f"style: {error}") from None

    def _note(self, place: Place, text: str) -> None:
        for number in _TOKEN.findall(text):
            self.places[int(number)] = place

    def _fault(self, message: str) -> ValueError:
        said = _TOKEN.sub(lambda found: str(self._gaps[int(found[1])]), message)
        return ValueError(f"line {self.getpos()[0]}: {said}")


class _Ends(HTMLParser):
    """Tells whether a tag at some place would be read as one."""

    seen = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look for the tag that was planted."""
        self.seen |= (tag, attrs) == ("b", [("id", _END)])


def _with_tokens(found: list[Piece], ending: str = "") -> str:
    """Return the markup with words for placeholders; whole addresses where addresses go."""
    text: list[str] = []
    number = 0
    for piece in found:
        if isinstance(piece, str):
            text.append(piece)
            continue
        token = f"zq{number}qz"
        whole = piece.is_address and piece.context != "url"
        text.append(f"https://{token}.example/" if whole else token)
        number += 1
    return "".join(text) + ending


def _check_place(gap: Placeholder, place: Place | None) -> None:
    """Raise `ValueError` where an address would be written for another place than it stands in."""
    if place is None:
        raise ValueError(f"{gap} stands where no value belongs: in a tag's or attribute's name")
    if not gap.is_address or gap.context == "url":
        return
    if place == "script" and gap.context != "js":
        raise ValueError(f"{gap} stands in a script: write {{{{{gap.name}|js}}}}")
    if place != "script" and gap.context == "js":
        raise ValueError(f"{gap} stands outside of scripts: write {{{{{gap.name}}}}}")
    if place in {"style", "nested"}:
        raise ValueError(f"{gap} stands in a style or srcdoc, where no address of ours belongs")


def _opening(found: list[Piece]) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Return the markup cut where more can be added: before the end of the body, or at the very end."""
    for closing in _CLOSING:
        for index in range(len(found) - 1, -1, -1):
            piece = found[index]
            at = piece.lower().rfind(closing) if isinstance(piece, str) else -1
            if isinstance(piece, str) and at >= 0:
                head, tail = [*found[:index], piece[:at]], [piece[at:], *found[index + 1 :]]
                if _can_follow(head):
                    return tuple(head), tuple(tail)
                break  # within a script or a comment, say
    if not _can_follow(found):
        raise ValueError("ends within a comment, a tag, a script or a style; close it")
    return tuple(found), ()


def _can_follow(head: list[Piece]) -> bool:
    reader = _Ends()
    reader.feed(_with_tokens(head, f'<b id="{_END}">'))
    reader.close()
    return reader.seen

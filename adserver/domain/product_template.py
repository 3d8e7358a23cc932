"""Templates of dynamic creatives: HTML with gaps for products, each of one kind and only where that kind is safe.

The part between `{{products}}` and `{{end}}` is written once per product. In it stand `{{click_url}}` as the whole
`href` of a link, `{{image_url}}` as the whole `src` of a picture, and texts with the most characters that have room,
`{{title|40}}`, in the page or in a quoted `alt`, `title` or `aria-label`. There is nothing else: no conditions, no
scripts, no gaps in styles, so nothing that a feed says can be more than a text, a picture or a link.
"""

import re
from difflib import get_close_matches
from html.parser import HTMLParser
from typing import NamedTuple

TEXTS = {"title": 80, "description": 160, "brand": 40, "price": 20, "old_price": 20}
"""Texts, and how long each may be where the template does not say."""
WHOLE = frozenset({"price", "old_price"})
"""Half a price is no price: these are not shortened."""
LINK, PICTURE = "click_url", "image_url"
MAX_LENGTH = 500
MAX_BYTES = 60_000
_BEGIN, _END = "{{products}}", "{{end}}"
_GAP = re.compile(r"\{\{([^{}]{0,80})\}\}")
_INNER = re.compile(r"([a-z_]{1,30})(?:\|([1-9][0-9]{0,2}))?")
_MARK = re.compile("qzgap([0-9]+)zq")
_QUOTED = re.compile(r'=\s*"[^"]*"')
_FORBIDDEN = frozenset(
    {"script", "iframe", "frame", "frameset", "object", "embed", "base", "meta", "link", "form", "input", "button",
     "textarea", "select", "svg", "math", "template", "noscript", "portal", "applet", "html", "head", "body", "title",
     "xmp", "plaintext", "noembed", "noframes", "audio", "video"}
)  # fmt: skip
"""What runs, loads documents, sends forms, or is read by other rules than the rest of a page."""
_READ_ALOUD = frozenset({"alt", "title", "aria-label"})
_ADDRESSES = frozenset(
    {
        "href",
        "src",
        "srcset",
        "action",
        "formaction",
        "background",
        "poster",
        "data",
        "ping",
        "cite",
    }
)


class Gap(NamedTuple):
    """Where something of a product goes."""

    name: str
    most: int = 0
    """Characters, of a text."""


class Template(NamedTuple):
    """A template, read: what stands before the products, what is repeated, what stands behind."""

    before: str
    repeated: tuple[str | Gap, ...]
    behind: str

    @property
    def has_picture(self) -> bool:
        """Tell whether products without a picture have no place in it."""
        return any(isinstance(each, Gap) and each.name == PICTURE for each in self.repeated)


def template(text: str, *, secure: bool) -> Template:
    """Read a template. Raises `ValueError` with what is wrong, and its line where there is one."""
    if len(text.encode()) > MAX_BYTES:
        raise ValueError(f"is longer than {MAX_BYTES:,} bytes")
    if text.count(_BEGIN) != 1 or text.count(_END) != 1 or text.index(_BEGIN) > text.index(_END):
        raise ValueError(
            f"needs {_BEGIN} once and {_END} once behind it; what is between is written per product"
        )
    before, _, rest = text.partition(_BEGIN)
    inner, _, behind = rest.partition(_END)
    for part in (before, behind):
        if "{{" in part:
            raise ValueError(f"has a placeholder outside of {_BEGIN} ... {_END}")
    repeated = _pieces(inner, before.count("\n") + 1)
    gaps = [each for each in repeated if isinstance(each, Gap)]
    if not any(each.name == LINK for each in gaps):
        raise ValueError(f"has no {{{{{LINK}}}}}: nobody could get to the product")
    numbered = iter(range(len(gaps)))
    marked = "".join(
        each if isinstance(each, str) else f"qzgap{next(numbered)}zq" for each in repeated
    )
    checker = _Checker(gaps, secure=secure)
    checker.feed(before + marked + behind)
    checker.close()
    if checker.found != len(gaps):
        raise ValueError("has a placeholder where none may stand: in a comment, a tag or a name")
    return Template(before, tuple(repeated), behind)


def shortened(text: str, most: int) -> str | None:
    """Return a text of at most so many characters, cut between words; `None` if there is no such place to cut."""
    if len(text) <= most:
        return text
    cut = text[: most - 1]
    if not (text[most - 1].isspace() or _ideographic(cut[-1:])):
        space = cut.rfind(" ")
        if space < most // 2:
            return None
        cut = cut[:space]
    return cut.rstrip(" ,.;:-–—/(") + "…"  # noqa: RUF001 - both dashes are meant


def _ideographic(letter: str) -> bool:
    """Tell whether words are not parted by blanks in this letter's script."""
    return "\u2e80" <= letter <= "\ud7a3"


def _pieces(inner: str, line: int) -> list[str | Gap]:
    found: list[str | Gap] = []
    done = 0
    for gap in _GAP.finditer(inner):
        here = line + inner.count("\n", 0, gap.start())
        read = _INNER.fullmatch(gap[1].strip())
        name = read[1] if read else gap[1].strip()
        known = (*TEXTS, LINK, PICTURE)
        if name not in known:
            close = get_close_matches(name, known, n=1, cutoff=0.6)
            hint = (
                f"; did you mean {{{{{close[0]}}}}}?"
                if close
                else f"; known are {', '.join(known)}"
            )
            raise ValueError(f"line {here}: unknown placeholder {gap[0][:60]!r}{hint}")
        most = int(read[2]) if read and read[2] else 0
        if most and (name not in TEXTS or most > MAX_LENGTH):
            raise ValueError(
                f"line {here}: {gap[0]!r}: only texts have a length, at most {MAX_LENGTH}"
            )
        if gap.start() > done:
            found.append(inner[done : gap.start()])
        found.append(Gap(name, most or TEXTS.get(name, 0)))
        done = gap.end()
    found.append(inner[done:])
    if any("{{" in each for each in found if isinstance(each, str)):
        raise ValueError("has an opening {{ that is no placeholder")
    return found


class _Checker(HTMLParser):
    """Sees to it that every gap stands where what goes into it is harmless."""

    def __init__(self, gaps: list[Gap], *, secure: bool) -> None:
        super().__init__(convert_charrefs=False)
        self.found = 0
        self._gaps = gaps
        self._secure = secure
        self._within = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Check a tag and its attributes."""
        if tag in _FORBIDDEN:
            raise ValueError(f"line {self.getpos()[0]}: <{tag}> may not stand in a template")
        self._within = tag
        written = self.get_starttag_text() or ""
        if _MARK.search(_QUOTED.sub("=", written)):
            raise ValueError(
                f"line {self.getpos()[0]}: a placeholder in a tag needs double quotes around it"
            )
        for name, value in attrs:
            self._attribute(tag, name, value or "")

    def handle_endtag(self, tag: str) -> None:
        """Leave a style sheet."""
        self._within = ""

    def handle_data(self, data: str) -> None:
        """Check the gaps in a text."""
        for mark in _MARK.finditer(data):
            gap = self._gaps[int(mark[1])]
            if self._within == "style" or gap.name not in TEXTS:
                raise ValueError(f"line {self.getpos()[0]}: {{{{{gap.name}}}}} may not stand here")
            self.found += 1

    def _attribute(self, tag: str, name: str, value: str) -> None:
        line = self.getpos()[0]
        if name.startswith("on") or name == "srcdoc":
            raise ValueError(f"line {line}: `{name}` may not stand in a template: it is a script")
        gaps = [self._gaps[int(mark[1])] for mark in _MARK.finditer(value)]
        whole = _MARK.fullmatch(value) is not None
        for gap in gaps:
            fits = (
                (whole and (tag, name) == ("a", "href")) if gap.name == LINK
                else (whole and (tag, name) == ("img", "src")) if gap.name == PICTURE
                else name in _READ_ALOUD
            )  # fmt: skip
            if not fits:
                raise ValueError(
                    f"line {line}: {{{{{gap.name}}}}} may not stand in `{name}` of <{tag}>"
                )
            self.found += 1
        if not gaps and name in _ADDRESSES:
            if tag == "a":
                raise ValueError(f"line {line}: the links of a template are {{{{{LINK}}}}}")
            if not value.startswith("https://") and (
                self._secure or not value.startswith("http://")
            ):
                raise ValueError(f"line {line}: `{name}` must begin with https://")

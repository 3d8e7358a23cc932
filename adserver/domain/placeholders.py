"""Placeholders in markup that others wrote: which there are, and where each may stand.

`{{click_url}}` stands in the value of an HTML attribute or in a text, `{{click_url|js}}` within a string of a script,
`{{click_url|url}}`, percent-encoded, as the value of a parameter in another address. What consists of letters and
digits (sizes, the cache buster, the privacy signals) may stand anywhere. Exchanges' own macros, `${...}` and
`%%...%%`, are none of ours and stay as they are.
"""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Literal, NamedTuple

from adserver.domain.consent import ConsentMacros
from adserver.domain.creative import AnyCreative, Html, Played

Context = Literal["", "js", "url"]
CONTEXTS: tuple[Context, ...] = ("", "js", "url")
ADDRESSES = ("click_url", "impression_url", "viewable_url")
"""Their place matters: quotes, brackets and ampersands mean something there."""
PLAIN = ("cache_buster", "width", "height", "creative_id", *ConsentMacros._fields)
"""Letters, digits and `.`, `_`, `~`, `-`, `,`: harmless everywhere."""
NAMES = (*ADDRESSES, *PLAIN)
_OPENING = "{{"
_PLACEHOLDER = re.compile(r"\{\{\s*([a-z_]{1,30})\s*(?:\|\s*([a-z]{1,10})\s*)?\}\}")
_SHOWN = 40


class Placeholder(NamedTuple):
    """One gap in a markup."""

    name: str
    context: Context = ""

    @property
    def is_address(self) -> bool:
        """Tell whether an address goes there."""
        return self.name in ADDRESSES

    def __str__(self) -> str:
        """Return it as people write it."""
        return f"{{{{{self.name}{'|' if self.context else ''}{self.context}}}}}"


Piece = str | Placeholder


def pieces(markup: str) -> list[Piece]:
    """Return a markup's texts and placeholders in order. Raises `ValueError` naming the first unknown and its line."""
    return list(_pieces(markup))


def hands_on_consent(creative: AnyCreative) -> bool:
    """Tell whether a creative hands the privacy signals on to third parties; its markup has been checked."""
    markup = ""
    if isinstance(creative, Html):
        markup = creative.markup
    elif isinstance(creative, Played):
        markup = creative.wrapped_url or ""
    return any(
        isinstance(piece, Placeholder) and piece.name in ConsentMacros._fields
        for piece in _pieces(markup)
    )


def _pieces(markup: str) -> Iterator[Piece]:
    done = 0
    while (start := markup.find(_OPENING, done)) >= 0:
        found = _PLACEHOLDER.match(markup, start)
        if found is None or found[1] not in NAMES or (found[2] or "") not in CONTEXTS:
            raise ValueError(_complaint(markup, start))
        if start > done:
            yield markup[done:start]
        context: Context = next(each for each in CONTEXTS if each == (found[2] or ""))
        yield Placeholder(found[1], context)
        done = found.end()
    if done < len(markup):
        yield markup[done:]


def _complaint(markup: str, start: int) -> str:
    line = markup.count("\n", 0, start) + 1
    closing = markup.find("}}", start)
    shown = markup[start : closing + 2 if closing >= 0 else start + _SHOWN][:_SHOWN]
    name, _, context = (part.strip() for part in shown.strip("{}").partition("|"))
    if name in NAMES and context not in CONTEXTS:
        hint = "; behind the bar stands js or url"
    else:
        close = get_close_matches(name, NAMES, n=1, cutoff=0.6)
        hint = f"; did you mean {{{{{close[0]}}}}}?" if close else f"; known are {', '.join(NAMES)}"
    return f"line {line}: unknown placeholder {shown!r}{hint}"

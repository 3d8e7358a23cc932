"""The link by which a person learns why they see this and who paid: in the corner of banners and videos."""

from typing import NamedTuple

from adserver.domain.creative import Creative

_WORDS = {"en": "Why this ad?", "de": "Warum diese Anzeige?"}
_POLITICAL = {"en": "Political ad", "de": "Politische Anzeige"}
"""What wants votes says so, however small it is (Regulation (EU) 2024/900, article 11)."""
"""In the creative's language, as far as the page behind the link speaks it."""
_LETTER_PX = 6
HEIGHT_PX = 24
"""Nothing smaller is easily hit with a finger (WCAG 2.2, 2.5.8)."""
LARGEST_PART = 2
"""It covers no more than this fraction, 1/2, of an advertisement's width."""


class Label(NamedTuple):
    """What is shown of the link, and read out."""

    shown: str
    spoken: str
    width_px: int
    """About so wide."""
    style: str
    """Dark on white, whatever the advertisement's colours."""


def label(creative: Creative, within_px: int) -> Label:
    """Return the link's words for an advertisement of this width; one letter where they have no place."""
    words = _WORDS.get(creative.language or "en", _WORDS["en"])
    if creative.political:
        politics = _POLITICAL.get(creative.language or "en", _POLITICAL["en"])
        return _label(politics, f"{politics}. {words}", 6)
    whole = _label(words, words, 6)
    return whole if whole.width_px * LARGEST_PART <= within_px else _label("i", words, 11)


def _label(shown: str, spoken: str, padding_px: int) -> Label:
    return Label(
        shown,
        spoken,
        max(HEIGHT_PX, len(shown) * _LETTER_PX + 2 * padding_px),
        f"padding:0 {padding_px}px;font:11px/{HEIGHT_PX}px sans-serif;color:#222;background:#fff;"
        "text-decoration:none",
    )

"""Bytes that strangers serve as text: any encoding, any line ends, and pages that are no text at all."""

import codecs
import re

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_PAGE = re.compile(r"<(?:!doctype|html|head|body|script|\?xml|title)", re.IGNORECASE)
_LOOKED_AT = 1_024
BLANK = " \t\ufeff\u200b\u00a0\x00"
"""What editors leave around words."""


def decoded(content: bytes) -> str:
    """Return text of any encoding, never failing: by its mark, else UTF-8, else Latin-1."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, "replace")
    if content[1:2] == b"\x00":  # UTF-16 without a mark: names are ASCII
        return content.decode("utf-16-le", "replace")
    if content[:1] == b"\x00":
        return content.decode("utf-16-be", "replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def lines(text: str) -> list[str]:
    """Return the lines, whether they end with LF, CR LF or CR alone; nothing else ends one."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def is_page(text: str) -> bool:
    """Tell whether this is HTML or XML: error pages and consent walls are often served with status 200."""
    beginning = text[:_LOOKED_AT].lstrip()
    return beginning.startswith("<") or _PAGE.search(beginning) is not None

"""Texts as XML may hold them: whatever a creative or a link says, a reader gets that and nothing more."""

import re
from html import escape

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def readable(text: str) -> str:
    """Leave out what XML has no way to say, such as NUL."""
    return _NOT_XML.sub("", text)


def attribute(text: str) -> str:
    """Return a text for a double-quoted attribute."""
    return escape(readable(text))


def cdata(text: str) -> str:
    """Return a text as a CDATA section, or as two where it would end one."""
    return f"<![CDATA[{readable(text).replace(']]>', ']]]]><![CDATA[>')}]]>"


def element(name: str, text: str) -> str:
    """Return an element without attributes around a text."""
    return f"<{name}>{cdata(text)}</{name}>"


def clock(seconds: int) -> str:
    """Return a duration as `HH:MM:SS`."""
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"

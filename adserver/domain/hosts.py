"""Names of hosts: what may stand where a domain is expected, in one spelling."""

import re

MAX_NAME = 253
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(?:{_LABEL}\.)+[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])?")
"""The last label begins with a letter: so no address is a name, however it is written (127.1, 0x7f.1, 2130706433)."""


def host_name(text: str) -> str:
    """Return a domain name in lower case, ASCII and without its last dot; nothing for what is none.

    Addresses in any spelling, single labels (`localhost`), ports, paths and credentials are no names.
    """
    text = text.strip().removesuffix(".")
    if len(text) > MAX_NAME:
        return ""
    if not text.isascii():
        try:
            text = text.encode("idna").decode("ascii")
        except UnicodeError:
            return ""
    text = text.lower()
    return text if _NAME.fullmatch(text) and len(text) <= MAX_NAME else ""


def within(name: str, root: str) -> bool:
    """Tell whether a name is the root or lies under it."""
    return name == root or name.endswith(f".{root}")


def parents(name: str) -> list[str]:
    """Return the names above, nearest first, down to two labels: `b.c.example` of `a.b.c.example`, then `c.example`."""
    labels = name.split(".")
    return [".".join(labels[cut:]) for cut in range(1, len(labels) - 1)]

"""Block and allow lists: a file of domains and bundles beside the campaigns, one a line, `#` begins a comment."""

import re
from pathlib import Path

from adapters.campaigns.authoring.cursor import Cursor, shown
from adapters.campaigns.authoring.values import published

MAX_NAMES = 1_000_000
MAX_BYTES = 32 << 20
MAX_FAULTS = 20
"""Bad lines that are described; beyond, they are only counted."""
_NAME = re.compile(r"(?!www\.)[a-z0-9][a-z0-9._-]{0,99}")
_FILE = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9._-]{0,99}/){0,4}[A-Za-z0-9][A-Za-z0-9._-]{0,99}\.txt")


class PublicationLists:
    """Reads each file once, however many advertisers name it."""

    def __init__(self) -> None:
        self.texts: dict[str, bytes] = {}
        """By the file's name, sorted names parted by newlines."""

    def named(self, cursor: Cursor) -> str:
        """Read the name of a file beside the campaign file, or in a folder there, and the file; return the name."""
        name = cursor.text()
        folder = Path(cursor.file).parent.resolve()
        path = (folder / name).resolve()
        if not _FILE.fullmatch(name) or not path.is_relative_to(folder):
            cursor.fault(
                f"{shown(name)} is no file in the folder of the campaigns: lists/blocked.txt"
            )
        elif name not in self.texts:
            self.texts[name] = _read(path, cursor)
        return name


def _read(path: Path, cursor: Cursor) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            cursor.fault(f"names {path.name}, which is larger than {MAX_BYTES >> 20} MB")
            return b""
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        cursor.fault(f"names {path.name}, which cannot be read: {error.strerror}")
        return b""
    except UnicodeDecodeError:
        cursor.fault(f"names {path.name}, which is not UTF-8 text; save it as UTF-8")
        return b""
    found: set[str] = set()
    bad: list[int] = []
    for number, line in enumerate(lines, start=1):
        written = line.partition("#")[0].strip()
        usual = _NAME.fullmatch(written) and not written.startswith("id")
        name = written if usual else published(written)
        if _NAME.fullmatch(name):
            found.add(name)
        elif written:
            bad.append(number)
    if bad:
        more = f" and {len(bad) - MAX_FAULTS} more" if len(bad) > MAX_FAULTS else ""
        which = ", ".join(map(str, bad[:MAX_FAULTS]))
        cursor.fault(
            f"names {path.name}, where these lines are neither domain nor bundle: {which}{more}"
        )
    if len(found) > MAX_NAMES:
        cursor.fault(f"names {path.name}, which has more than {MAX_NAMES:,} names; split it")
    elif not found:
        cursor.fault(f"names {path.name}, which lists nothing; remove the key")
    return "\n".join(sorted(found)).encode()

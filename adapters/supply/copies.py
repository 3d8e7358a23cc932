"""The last good copy of every file, and when to ask again: one SQLite file that only the refresher writes."""

import sqlite3
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Literal, NamedTuple, Self

from adserver.errors import Unavailable

State = Literal["present", "absent", "unknown"]
FRESH_S = 86_400
"""A file that was read is asked for again a day later."""
RETRY_S = 3_600
"""After a failure an hour passes, after the next two, then four, and so on."""
LONGEST_RETRY_S = 4 * 86_400
_BUSY_S = 5.0
_TABLE = """
CREATE TABLE IF NOT EXISTS copies (
    kind TEXT NOT NULL, domain TEXT NOT NULL, state TEXT NOT NULL, seen_s REAL NOT NULL, tried_s REAL NOT NULL,
    next_s REAL NOT NULL, failures INTEGER NOT NULL, problem TEXT NOT NULL, url TEXT NOT NULL, etag TEXT NOT NULL,
    modified TEXT NOT NULL, content BLOB, PRIMARY KEY (kind, domain)
) WITHOUT ROWID
"""
_COLUMNS = "kind, domain, state, seen_s, tried_s, next_s, failures, problem, url, etag, modified"


class Copy(NamedTuple):
    """What is known of one file."""

    kind: str
    """`ads.txt`, `app-ads.txt` or `sellers.json`."""
    domain: str
    state: State = "unknown"
    seen_s: float = 0.0
    """When it was last certain that this is so; seconds since the epoch, as the others."""
    tried_s: float = 0.0
    next_s: float = 0.0
    """Not to be asked for before."""
    failures: int = 0
    """In a row."""
    problem: str = ""
    """What the last failure was."""
    url: str = ""
    """Where it was found."""
    etag: str = ""
    modified: str = ""


class Copies:
    """Used as `with`; one process at a time writes."""

    def __init__(self, path: Path) -> None:
        """Open or make the file. Raises `Unavailable`."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._store = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None)
            self._store.execute("PRAGMA journal_mode=WAL")
            self._store.execute(
                "PRAGMA synchronous=NORMAL"
            )  # what a power cut takes is fetched again
            self._store.execute(_TABLE)
        except (OSError, sqlite3.Error) as error:
            raise Unavailable(f"cannot open the copies in {path}: {error}") from error

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self._store.close()

    def find(self, kind: str, domain: str) -> Copy:
        """Return what is known of a file, if nothing: that."""
        query = f"SELECT {_COLUMNS} FROM copies WHERE kind = ? AND domain = ?"  # noqa: S608 - our own words
        row = self._run(query, (kind, domain)).fetchone()
        return Copy(kind, domain) if row is None else Copy(*row)

    def content(self, kind: str, domain: str) -> bytes | None:
        """Return the last good copy, if there is one."""
        query = "SELECT content FROM copies WHERE kind = ? AND domain = ?"
        row = self._run(query, (kind, domain)).fetchone()
        return None if row is None or row[0] is None else zlib.decompress(row[0])

    def __iter__(self) -> Iterator[Copy]:
        """Yield what is known of all files."""
        query = f"SELECT {_COLUMNS} FROM copies ORDER BY kind, domain"  # noqa: S608 - our own words
        for row in self._run(query).fetchall():
            yield Copy(*row)

    def good(self, copy: Copy, content: bytes, now_s: float) -> None:
        """Keep a file that was read; `copy` has its address, etag and date."""
        self._write(_fresh(copy._replace(state="present"), now_s), zlib.compress(content, 6))

    def unchanged(self, copy: Copy, now_s: float) -> None:
        """Note that the copy is still right."""
        self._write(_fresh(copy, now_s))

    def absent(self, copy: Copy, problem: str, now_s: float) -> None:
        """Note that there is no such file; a copy from before goes."""
        found = Copy(copy.kind, copy.domain, "absent", problem=problem)
        self._write(_fresh(found, now_s), b"")

    def failed(self, copy: Copy, problem: str, now_s: float) -> None:
        """Note a failure: the copy stays, and the next time is later than this one was."""
        wait_s = min(RETRY_S * 2 ** min(copy.failures, 10), LONGEST_RETRY_S)
        self._write(
            copy._replace(
                tried_s=now_s, next_s=now_s + wait_s, failures=copy.failures + 1, problem=problem
            )
        )

    def _run(self, query: str, values: Sequence[object] = ()) -> sqlite3.Cursor:
        try:
            return self._store.execute(query, values)
        except sqlite3.Error as error:
            raise Unavailable(f"the copies of supply files cannot be used: {error}") from error

    def _write(self, copy: Copy, content: bytes | None = None) -> None:
        """Write what is known; content only where there is another (empty: none any more)."""
        columns = f"{_COLUMNS}, content"
        marks = ", ".join("?" * (len(copy) + 1))
        kept = "excluded.content" if content is not None else "content"
        names = [name for name in copy._fields if name not in {"kind", "domain"}]
        updates = ", ".join(f"{name} = excluded.{name}" for name in names)
        self._run(
            f"INSERT INTO copies ({columns}) VALUES ({marks}) "  # noqa: S608 - our own words
            f"ON CONFLICT (kind, domain) DO UPDATE SET {updates}, content = {kept}",
            (*copy, content or None),
        )


def _fresh(copy: Copy, now_s: float) -> Copy:
    return copy._replace(seen_s=now_s, tried_s=now_s, next_s=now_s + FRESH_S, failures=0)

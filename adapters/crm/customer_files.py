"""An advertiser's customers from CSV files, with what each of them agreed to; gzip welcome.

Columns, in any order: `email` or `email_sha256`, `phone` or `phone_sha256`, `segments` (parted by `|`), `opt_in`
(yes, no, or nothing where nobody asked) and `opt_in_date`. Addresses and numbers are hashed as they are read; they
are kept nowhere, and what is said of a bad row never repeats them.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from adapters.identity.hashing import e164, sha256_hex, sha256_of, without_aliases
from adapters.rows import BadRows, SkipsBadRows, fields, segment_names, texts
from adserver.domain.grant import Grant, Use
from adserver.errors import Fault, InvalidConfig

ID_COLUMNS = ("email", "email_sha256", "phone", "phone_sha256")
COLUMNS = (*ID_COLUMNS, "segments", "opt_in", "opt_in_date")
_WORDS = {
    "yes": True, "true": True, "1": True, "no": False, "false": False, "0": False, "": None,
}  # fmt: skip

PersonId = tuple[str, str]
"""The kind, `email` or `phone`, and the SHA-256 as lower-case hexadecimal digits."""


class Decision(NamedTuple):
    """What a customer agreed to, or not."""

    opted_in: bool
    at_s: int
    """When they said so, seconds since the epoch."""


class CustomerFiles(SkipsBadRows):
    """`ports.SegmentLoader`. People are kept in memory while loading, as hashes."""

    def __init__(
        self,
        paths: Sequence[Path],
        grant_of: Callable[[str], Grant | None],
        now_s: float,
        calling_code: str = "",
    ) -> None:
        """Read these files when asked to; later ones add to earlier ones.

        `grant_of` tells by what right a segment is kept, `None` if it must not be. `calling_code` is the country of
        telephone numbers that name none: `49`; without it such a row is bad.
        """
        super().__init__()
        self._paths = paths
        self._grant_of = grant_of
        self._now_s = int(now_s)
        self._calling_code = calling_code
        self._begin()

    def _begin(self) -> None:
        self._bad = BadRows()
        self._segments: dict[PersonId, dict[str, None]] = {}
        self._decisions: dict[PersonId, Decision] = {}
        self._person_of: dict[PersonId, PersonId] = {}
        self._ambiguous: set[PersonId] = set()
        self.grants: dict[Grant, None] = {}
        """By what rights the files' segments are kept, those that are not loaded included."""
        self.withheld = 0
        """How many customers have segments that are not loaded, because they did not agree to their use."""

    def people(self) -> list[tuple[str, str, tuple[str, ...]]]:
        """Return `(id kind, id, segment names)`, one per customer.

        Without an opt-in, only segments that are not for advertising are among them (a grant without `select`);
        who has none is there all the same, so that what was stored before goes. Raises `InvalidConfig` if a file
        cannot be read to its end, or if there are rows but no good one.
        """
        self._begin()
        for path in self._paths:
            for ids, names in self._rows(path):
                person, *others = ids
                for other in others:
                    if self._person_of.setdefault(other, person) != person:
                        self._ambiguous.add(other)
                self._segments.setdefault(person, {}).update(dict.fromkeys(names))
        if self.skipped and not self._segments:
            raise InvalidConfig(self.faults)
        self._follow_links()
        found = []
        for person, listed in self._segments.items():
            decision = self._decisions.get(person)
            agreed = decision is not None and decision.opted_in
            kept = tuple([name for name in listed if not self._is_for_advertising(name) or agreed])
            self.withheld += len(kept) < len(listed)
            found.append((*person, kept))
        return found

    def decisions(self) -> Iterator[tuple[PersonId, Decision]]:
        """Yield what the customers of the last call of `people` agreed to, of each the latest word."""
        yield from self._decisions.items()

    def links(self) -> Iterator[tuple[PersonId, PersonId]]:
        """Yield `(person, further id)`: an address and a number of one row. What two share says nothing."""
        for each, person in self._person_of.items():
            if each not in self._ambiguous:
                yield person, each

    def _rows(self, path: Path) -> Iterator[tuple[list[PersonId], tuple[str, ...]]]:
        header: list[str] = []
        delimiter = ","

        def read(number: int, text: str) -> tuple[list[PersonId], tuple[str, ...]] | None:
            nonlocal header, delimiter
            if number == 1:
                delimiter = ";" if text.count(";") > text.count(",") else ","
                header = _header(text, delimiter, path)
                return None
            if not text.strip():
                return None
            row = dict(zip(header, fields(text, header, delimiter), strict=True))
            ids = list(self._ids(row))
            if not ids:
                raise ValueError("has neither an address nor a number")
            self._decide(ids[0], row)
            return ids, _segments(row["segments"])

        yield from texts(path, read, self._bad)

    def _ids(self, row: dict[str, str]) -> Iterator[PersonId]:
        if row.get("email"):
            yield "email", sha256_of(without_aliases(row["email"]))
        elif row.get("email_sha256"):
            yield "email", sha256_hex(row["email_sha256"])
        if row.get("phone"):
            yield "phone", sha256_of(e164(row["phone"], self._calling_code))
        elif row.get("phone_sha256"):
            yield "phone", sha256_hex(row["phone_sha256"])

    def _decide(self, person: PersonId, row: dict[str, str]) -> None:
        """Note what a row says of an opt-in; one that cannot be read is none, and takes an earlier one back."""
        try:
            opted_in = _yes_or_no(row["opt_in"])
            at_s = _moment(row.get("opt_in_date", ""), self._now_s)
            if opted_in and at_s is None:
                raise ValueError("the opt-in has no date; nobody could prove it")  # noqa: TRY301 reported by the caller
        except ValueError:
            self._decisions[person] = Decision(opted_in=False, at_s=self._now_s)
            raise
        if opted_in is not None:
            self._note(person, Decision(opted_in, self._now_s if at_s is None else at_s))

    def _note(self, person: PersonId, decision: Decision) -> None:
        """Keep the later word; of two at once, the no."""
        known = self._decisions.get(person)
        if known is None or (decision.at_s, not decision.opted_in) > (
            known.at_s,
            not known.opted_in,
        ):
            self._decisions[person] = decision

    def _is_for_advertising(self, segment: str) -> bool:
        """Tell whether an opt-in is needed; what must not be kept at all is refused by whoever stores it."""
        grant = self._grant_of(segment)
        if grant is None:
            return True
        self.grants[grant] = None
        return Use.SELECT in grant.uses

    def _follow_links(self) -> None:
        """Add what was said of a number alone to the customer whose it is."""
        for person, each in self.links():
            names = self._segments.pop(each, None)
            if names is not None:
                self._segments.setdefault(person, {}).update(names)
            decision = self._decisions.pop(each, None)
            if decision is not None:
                self._note(person, decision)


def _header(text: str, delimiter: str, path: Path) -> list[str]:
    header = [name.strip().lower() for name in text.split(delimiter)]
    unknown = [name for name in header if name not in COLUMNS]
    missing = [name for name in ("segments", "opt_in") if name not in header]
    if unknown or missing or len(set(header)) != len(header) or not set(header) & set(ID_COLUMNS):
        # Not repeated: of a file without a header it would be a customer.
        message = f"the first line must name columns, each once, of: {', '.join(COLUMNS)}; at least one of the first four, `segments` and `opt_in`"
        raise InvalidConfig([Fault(f"{path}:1", "$", message)])
    return header


def _segments(listed: str) -> tuple[str, ...]:
    try:
        return segment_names(listed)
    except ValueError:  # it repeats what it read, which may be an address in the wrong column
        raise ValueError("has something that is no name of a segment, or too many") from None


def _yes_or_no(text: str) -> bool | None:
    try:
        return _WORDS[text.lower()]
    except KeyError:
        raise ValueError("opt_in must be yes, no, or nothing") from None


def _moment(text: str, now_s: int) -> int | None:
    """Return seconds of a date, or of a date with time and zone; a date begins at midnight UTC."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("opt_in_date must be like 2026-01-31") from None
    at_s = int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    if not 0 < at_s <= now_s:
        raise ValueError("opt_in_date is in the future, or before 1970")
    return at_s

"""Whom a publisher lets sell its space: ads.txt and app-ads.txt (IAB Tech Lab, Ads.txt 1.1, sections 3.4 and 3.5).

Lenient as the specification wants it: a bad line costs that line, and is named.
"""

import re
from collections.abc import Iterator

import msgspec

from adserver.domain.hosts import host_name
from adserver.supply.texts import BLANK, decoded, is_page, lines

MAX_BYTES = 8 << 20
"""Of a longer file what lies behind is not read: the largest that are meant so have about 2 MB."""
MAX_LINE = 2_000
MAX_ACCOUNT = 200
MAX_FAULTS = 100
"""Bad lines that are described; beyond, they are only counted."""
PLACEHOLDER = "placeholder.example.com"
"""Stands for nobody: a file with this alone lets nobody sell (section 3.2.1)."""
_VARIABLE = re.compile(r"([A-Za-z]{1,40})[ \t]*=(.*)")
_RECORD_FIELDS = 3
_COUNTRY = re.compile(r"[A-Z]{2}")


class Record(msgspec.Struct, frozen=True):
    """One account that may sell."""

    domain: str
    """The advertising system's, lower case."""
    account: str
    """As the system's `publisher.id` and `sid` have it; compared exactly."""
    direct: bool
    """The publisher holds the account itself; else it lets somebody resell."""
    authority: str = ""
    """The system's id at the Trustworthy Accountability Group, if it is said."""


class LineFault(msgspec.Struct, frozen=True):
    """A line that was not understood."""

    line: int
    message: str


class AdsTxt(msgspec.Struct, frozen=True):
    """What a file says."""

    records: tuple[Record, ...]
    owner: str = ""
    """`OWNERDOMAIN`: whose business the inventory is; nothing: that of the domain itself."""
    managers: tuple[tuple[str, str], ...] = ()
    """`MANAGERDOMAIN`: who sells for them, each with a country in ISO 3166-1 alpha-2, or for all others nothing."""
    partners: tuple[str, ...] = ()
    """`INVENTORYPARTNERDOMAIN`: who sells a share of this inventory by an ads.txt of its own."""
    subdomains: tuple[str, ...] = ()
    """`SUBDOMAIN`: which names under this domain have an ads.txt of their own."""
    faults: tuple[LineFault, ...] = ()
    fault_count: int = 0
    cut: bool = False
    """It was longer than we read."""


def parse(content: bytes) -> AdsTxt:
    """Return what a file says. Raises `ValueError` if it is no such file at all but a page of HTML."""
    text = decoded(content[:MAX_BYTES])
    if is_page(text):
        raise ValueError("is a page of HTML, no ads.txt")
    rows = lines(text)
    cut = len(content) > MAX_BYTES
    return _Reader().read(rows[:-1] if cut else rows, cut=cut)


class _Reader:
    """Takes lines apart and remembers what was wrong with them."""

    def __init__(self) -> None:
        self._records: dict[Record, None] = {}
        self._named: dict[str, dict[str, None]] = {
            "inventorypartnerdomain": {}, "subdomain": {}, "ownerdomain": {},
        }  # fmt: skip
        self._managers: dict[str, str] = {}
        self._faults: list[LineFault] = []
        self._fault_count = 0

    def read(self, rows: list[str], *, cut: bool) -> AdsTxt:
        for number, row in enumerate(rows, 1):
            for message in self._row(row):
                self._fault_count += 1
                if len(self._faults) < MAX_FAULTS:
                    self._faults.append(LineFault(number, message))
        return AdsTxt(
            tuple(self._records),
            next(iter(self._named["ownerdomain"]), ""),
            tuple((domain, country) for country, domain in self._managers.items()),
            tuple(self._named["inventorypartnerdomain"]),
            tuple(self._named["subdomain"]),
            tuple(self._faults),
            self._fault_count,
            cut,
        )

    def _row(self, row: str) -> Iterator[str]:
        """Take one line in; yield what is wrong with it."""
        if len(row) > MAX_LINE:
            yield f"is longer than {MAX_LINE:,} characters"
            return
        said = row.partition("#")[0].partition(";")[0].strip().strip(BLANK)
        if not said:
            return
        variable = _VARIABLE.fullmatch(said)
        if variable is not None:
            yield from self._variable(variable[1].lower(), variable[2].strip())
        else:
            yield from self._record([field.strip().strip(BLANK) for field in said.split(",")])

    def _record(self, fields: list[str]) -> Iterator[str]:
        if len(fields) < _RECORD_FIELDS:
            yield "is no record: domain, account, DIRECT or RESELLER"
            return
        domain, account, relation = host_name(fields[0]), fields[1], fields[2].upper()
        if domain == PLACEHOLDER:
            return
        if not domain:
            yield f"{fields[0][:60]!r} is no domain"
        elif not account or len(account) > MAX_ACCOUNT:
            yield "has no account, or one that is too long"
        elif relation not in {"DIRECT", "RESELLER"}:
            yield f"{fields[2][:20]!r} is neither DIRECT nor RESELLER"
        else:
            authority = fields[3].lower() if len(fields) > _RECORD_FIELDS else ""
            record = Record(domain, account, relation == "DIRECT", authority[:MAX_ACCOUNT])
            self._records[record] = None

    def _variable(self, name: str, value: str) -> Iterator[str]:
        if name == "contact":
            return  # people read it
        if name == "managerdomain":
            yield from self._manager(value)
        elif name not in self._named:
            yield f"the variable {name.upper()} is unknown"
        elif not (domain := host_name(value)):
            yield f"{name.upper()}: {value[:60]!r} is no domain"
        elif name == "ownerdomain" and self._named[name].keys() - {domain}:
            yield "OWNERDOMAIN stands there twice; the first counts"
        else:
            self._named[name][domain] = None

    def _manager(self, value: str) -> Iterator[str]:
        name, _, country = (part.strip() for part in value.partition(","))
        domain, country = host_name(name), country.upper()
        if not domain:
            yield f"MANAGERDOMAIN: {name[:60]!r} is no domain"
        elif country and not _COUNTRY.fullmatch(country):
            yield f"MANAGERDOMAIN: {country[:20]!r} is no country of two letters"
        elif self._managers.setdefault(country, domain) != domain:
            yield "MANAGERDOMAIN stands there twice for the same country; the first counts"

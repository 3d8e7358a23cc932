"""Root domains: the public suffix and one label, where a publisher's ads.txt has its place (Ads.txt 1.1, section 3.1)."""

from collections.abc import Iterable

from adserver.domain.hosts import host_name

_SECOND_LEVEL = frozenset("ac co com edu gob gov govt ltd me mil ne net nom or org plc sch".split())  # noqa: SIM905 - a list of quoted strings would be one per line
_COUNTRY = 2
"""Letters of a country's domain."""


class Suffixes:
    """Public suffixes by the list of publicsuffix.org; without it, by the habits of most countries."""

    def __init__(self, rows: Iterable[str] = ()) -> None:
        """Take the list's lines: one rule each, `*.` for any label, `!` for an exception, `//` for a comment."""
        self._rules: set[str] = set()
        self._any: set[str] = set()
        self._exceptions: set[str] = set()
        for row in rows:
            rule = row.split("//")[0].strip().lower()
            if not rule:
                continue
            if rule.startswith("!"):
                self._exceptions.add(_ascii(rule[1:]))
            elif rule.startswith("*."):
                self._any.add(_ascii(rule[2:]))
            else:
                self._rules.add(_ascii(rule))

    def root(self, name: str) -> str:
        """Return the root domain of a name; of a public suffix itself there is none, so nothing."""
        labels = host_name(name).split(".")
        count = self._labels_of_suffix(labels) + 1
        return ".".join(labels[-count:]) if count <= len(labels) else ""

    def _labels_of_suffix(self, labels: list[str]) -> int:
        if not self._rules:
            is_country = len(labels[-1]) == _COUNTRY
            return 2 if is_country and len(labels) > 1 and labels[-2] in _SECOND_LEVEL else 1
        for at in range(len(labels)):  # the longest rule counts
            name, above = ".".join(labels[at:]), ".".join(labels[at + 1 :])
            if name in self._exceptions:
                return len(labels) - at - 1
            if name in self._rules or above in self._any:
                return len(labels) - at
        return 1


def _ascii(rule: str) -> str:
    try:
        return rule if rule.isascii() else rule.encode("idna").decode("ascii")
    except UnicodeError:
        return rule

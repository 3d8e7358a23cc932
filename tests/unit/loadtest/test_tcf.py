"""Consent strings, read back by a reader that shares nothing with the writer."""

from base64 import urlsafe_b64decode
from datetime import date

import pytest

from loadtest import tcf
from loadtest.market.people import OUR_VENDOR, Population

DAY = date(2026, 11, 1)


class Reader:
    """Takes bits from the left."""

    def __init__(self, segment: str) -> None:
        raw = urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
        self.bits = "".join(f"{byte:08b}" for byte in raw)

    def take(self, length: int) -> int:
        """A whole number."""
        taken, self.bits = self.bits[:length], self.bits[length:]
        assert len(taken) == length
        return int(taken, 2) if length else 0

    def flags(self, length: int) -> set[int]:
        """The numbers whose bits are set, from 1."""
        return {number for number in range(1, length + 1) if self.take(1)}

    def letters(self) -> str:
        """A code of two letters."""
        return "".join(chr(ord("A") + self.take(6)) for _ in range(2))

    def vendors(self) -> set[int]:
        """A vendor section, in either encoding."""
        last = self.take(16)
        if not self.take(1):
            return self.flags(last)
        found: set[int] = set()
        for _ in range(self.take(12)):
            is_range, first = self.take(1), self.take(16)
            found |= set(range(first, (self.take(16) if is_range else first) + 1))
        return found


def read(text: str) -> dict[str, object]:
    core, disclosed = (Reader(segment) for segment in text.split("."))
    fields: dict[str, object] = {"version": core.take(6), "created": core.take(36)}
    fields["updated"] = core.take(36)
    core.take(12 + 12 + 6)
    fields["language"] = core.letters()
    core.take(12)
    fields["policy"] = core.take(6)
    fields["service_specific"] = core.take(1)
    core.take(1 + 12)
    fields |= {"purposes": core.flags(24), "legitimate": core.flags(24)}
    core.take(1)
    fields |= {"country": core.letters(), "vendors": core.vendors(), "li": core.vendors()}
    assert core.take(12) == 0
    assert disclosed.take(3) == 1
    fields["disclosed"] = disclosed.vendors()
    assert set(core.bits + disclosed.bits) <= {"0"}
    return fields


@pytest.mark.parametrize(
    "ranges", [[(1, 9)], [(1, 3), (5, 5), (7, 7)], [(2, 800), (32_767, 32_767)]]
)
def test_a_written_choice_reads_back_in_either_vendor_encoding(
    ranges: list[tuple[int, int]],
) -> None:
    text = tcf.encode(tcf.everything(DAY, ranges, language="FR", country="AT"))
    vendors = {vendor for first, last in ranges for vendor in range(first, last + 1)}
    created = (DAY - date(1970, 1, 1)).days * 864_000
    assert text.startswith("C")
    assert read(text) == {
        "version": 2, "created": created, "updated": created, "language": "FR", "policy": 5,
        "service_specific": 1, "purposes": set(range(1, 12)), "legitimate": {2, 7, 8, 9, 10, 11},
        "country": "AT", "vendors": vendors, "li": vendors, "disclosed": vendors,
    }  # fmt: skip


def test_what_does_not_fit_is_refused_rather_than_cut() -> None:
    with pytest.raises(ValueError, match="does not fit into 16 bits"):
        tcf.encode(tcf.everything(DAY, [(1, 70_000)], language="DE", country="DE"))


@pytest.mark.parametrize("vendor", [12, 1_101, OUR_VENDOR])
def test_people_of_the_eu_consent_or_refuse_and_others_carry_no_string(vendor: int) -> None:
    population = Population(7, 400, vendor=vendor, day=DAY)
    people = [population.person(number) for number in range(400)]
    in_eu = [person for person in people if person.country.in_eu]
    for person in in_eu:
        fields = read(person.consent)
        assert vendor in fields["disclosed"]  # type: ignore[operator] # a set
        assert (vendor in fields["vendors"]) is person.consents  # type: ignore[operator] # a set
        assert bool(fields["purposes"]) is person.consents
    assert 0.68 < sum(person.consents for person in in_eu) / len(in_eu) < 0.82
    for person in people:
        if person.country.code == "USA":
            assert person.us_privacy == ("1YNN" if person.consents else "1YYN")
        else:
            assert not person.us_privacy
        assert person.country.in_eu or not person.consent

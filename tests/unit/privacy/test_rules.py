"""What was read once is remembered, as long as it is short, and judged anew by the clock each time."""

from adserver.privacy.rules import REMEMBERED_LENGTH, Rules
from tests.unit.privacy import vectors

US = 12
NOW_S = 1_795_000_000


def test_remembering_changes_no_answer_and_is_bounded_in_length() -> None:
    long = vectors.core(consents=vectors.vendor_ranges([(US, US)] * 900))
    assert len(long) > REMEMBERED_LENGTH
    rules = Rules(US)
    for text in (vectors.core(), long, vectors.core(purposes=[2]), vectors.core(purposes=[1])):
        wanted = Rules(US).by_tcf(text, NOW_S)
        assert [rules.by_tcf(text, NOW_S) for _ in range(3)] == [wanted] * 3
    assert rules._remembered.cache_info().currsize == 3


def test_a_remembered_string_ends_with_its_platform() -> None:
    rules = Rules(US, deleted_platforms={300: NOW_S})
    text = vectors.core()
    assert rules.by_tcf(text, NOW_S - 1) is not None
    assert rules.by_tcf(text, NOW_S) is None
    assert rules.by_tcf(text, NOW_S - 1) is not None


def test_two_servers_remember_apart() -> None:
    text = vectors.core(consents=vectors.vendor_bits([US]))
    assert Rules(US).by_tcf(text, NOW_S) is not None
    assert Rules(US + 1).by_tcf(text, NOW_S) is None

"""Long lists of publications: who is in them, what they take of memory, how long asking takes."""

import time
import tracemalloc
from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from adserver.catalog.publications import PublicationLists

NAMES = [
    "news.example",
    "sport.news.example",
    "com.game",
    "game",
    "example",
    "a.b.c.d.e.f.g.h.i.example",
]
ASKED = [*NAMES, "", "x.news.example", "ews.example", "www.sport.news.example", "b.com.game"]
some = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True)


def made(lists: Mapping[str, Sequence[str]], uses: Sequence[tuple[str, str]]) -> PublicationLists:
    """Candidates, each with a block list and an allow list or none."""
    blocking: dict[str, list[int]] = {}
    allowing: dict[str, list[int]] = {}
    for index, (block, allow) in enumerate(uses):
        if block:
            blocking.setdefault(block, []).append(index)
        if allow:
            allowing.setdefault(allow, []).append(index)
    texts = {name: "\n".join(names).encode() for name, names in lists.items()}
    return PublicationLists(texts, blocking, allowing, len(uses))


def listed(names: Sequence[str], publication: str, *, is_domain: bool) -> bool:
    return publication in names or (
        is_domain and any(publication.endswith("." + each) for each in names if "." in each)
    )


@given(
    st.fixed_dictionaries({"one": some, "two": some, "three": some}),
    st.lists(st.tuples(*[st.sampled_from(["", "one", "two", "three"])] * 2), max_size=6),
)
def test_all_lists_at_once_are_as_each_by_itself(
    lists: dict[str, list[str]], uses: list[tuple[str, str]]
) -> None:
    index = made(lists, uses)
    for publication in ASKED * 2:
        for is_domain in (True, False):
            wanted = sum(
                (
                    not (block and listed(lists[block], publication, is_domain=is_domain))
                    and (not allow or listed(lists[allow], publication, is_domain=is_domain))
                )
                << number
                for number, (block, allow) in enumerate(uses)
            )
            assert (
                index.accepting(publication, is_domain=is_domain) & (1 << len(uses)) - 1 == wanted
            )


def test_who_has_no_list_asks_nothing() -> None:
    assert made({}, [("", "")]).accepts_all
    assert not made({"one": ["a.example"]}, [("one", "")]).accepts_all


def test_a_hundred_thousand_names_take_two_megabytes_and_microseconds() -> None:
    """Lists of different advertisers that share names share the room."""
    names = [f"site-{number}.example" for number in range(100_000)]
    lists = {"one": names, "two": names[:50_000], "three": names[50_000:]}
    texts = {name: "\n".join(each).encode() for name, each in lists.items()}
    tracemalloc.start()
    index = PublicationLists(texts, {"one": [0], "two": [1]}, {"three": [2]}, 3)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 2_000_000
    assert index.accepting("site-7.example", is_domain=True) & 0b111 == 0b000
    assert index.accepting("shop.site-70000.example", is_domain=True) & 0b111 == 0b110
    assert index.accepting("other.example", is_domain=True) & 0b111 == 0b011
    asked = [f"shop.site-{number}.example" for number in range(0, 100_000, 50)]
    began = time.process_time()
    for each in asked:
        index.accepting(each, is_domain=True)
    assert (time.process_time() - began) / len(asked) < 100e-6  # 3 us on an idle machine


def test_what_is_remembered_of_strangers_is_bounded() -> None:
    index = made({"one": ["a.example"]}, [("one", "")])
    for number in range(10_000):
        index.accepting(f"stranger-{number}.example", is_domain=True)
    assert len(index._seen) <= 4_096

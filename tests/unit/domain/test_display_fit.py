"""Which size HTML has in a space, and that the index of the catalog says the same."""

from itertools import product

import pytest

from adserver.catalog.fitting.display import DisplayIndex
from adserver.domain.creative import Html
from adserver.domain.display_fit import Shown, reduced, settled, shown, within
from adserver.domain.opportunity import BannerSpace


def html(*sizes: tuple[int, int], ratio: tuple[int, int] | None = None, least: int = 0) -> Html:
    return Html(
        id=f"{sizes}{ratio}{least}", landing_url="https://shop.example/",
        markup='<a href="{{click_url}}">x</a>', sizes=sizes, ratio=ratio, min_width=least,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("creative", "space", "as_what"),
    [
        (html((300, 250)), BannerSpace(((300, 250),)), Shown((300, 250))),
        (html((300, 250)), BannerSpace(((300, 251),)), None),
        (html((300, 250)), BannerSpace(()), Shown((300, 250))),
        (html((728, 90), (300, 250)), BannerSpace(((300, 250), (728, 90))), Shown((300, 250))),
        (html(ratio=(6, 5), least=200), BannerSpace(((300, 250),)), Shown((300, 250))),
        (html(ratio=(6, 5), least=301), BannerSpace(((300, 250),)), None),
        (html(ratio=(6, 5)), BannerSpace(((300, 251),)), None),
        (html(ratio=(6, 5), least=30), BannerSpace(()), Shown((30, 25))),
        (html(ratio=(16, 9), least=300), BannerSpace((), ratios=((32, 18, 320),)), Shown((320, 180), (32, 18))),
        (html(ratio=(16, 9), least=330), BannerSpace((), ratios=((32, 18, 320),)), None),
        (html((320, 180)), BannerSpace((), ratios=((16, 9, 320),)), None),
        (html((300, 250), (320, 480)), BannerSpace(((360, 640),), largest=(360, 640)), Shown((320, 480))),
        (html((300, 250)), BannerSpace(((360, 640),), largest=(360, 640)), None),
        (html((300, 256)), BannerSpace(((600, 640),), largest=(600, 640)), Shown((300, 256))),
        (html((361, 640)), BannerSpace(((360, 640),), largest=(360, 640)), None),
    ],
)  # fmt: skip
def test_a_size_is_one_of_both(creative: Html, space: BannerSpace, as_what: Shown | None) -> None:
    assert shown(creative, space) == as_what
    if as_what is not None:
        assert shown(creative, settled(creative, space)) == as_what


def test_the_index_agrees_with_the_obvious_loop() -> None:
    sizes = [(300, 250), (600, 500), (320, 50), (360, 640)]
    creatives = [
        *(html(*pair) for pair in product(sizes, sizes)),
        *(html(ratio=reduced(size), least=least) for size in sizes for least in (0, 320, 601)),
        *(html(sizes[0], ratio=reduced(size), least=50) for size in sizes),
    ]
    spaces = [
        *(BannerSpace((size,)) for size in sizes),
        *(BannerSpace((), ratios=((*size, least),)) for size in sizes for least in (0, 50, 400)),
        *(BannerSpace((size,), ratios=((6, 5, 320),)) for size in sizes),
        *(BannerSpace((size,), largest=size) for size in sizes),
    ]
    index = DisplayIndex(creatives)
    for space in spaces:
        fitting = index.of_sizes(space.sizes) | index.of_ratios(space.ratios)
        if space.largest:
            fitting |= index.up_to(space.largest)
        expected = {i for i, each in enumerate(creatives) if shown(each, space) is not None}
        assert {i for i in range(len(creatives)) if fitting >> i & 1} == expected, space


def test_smaller_is_at_least_half_as_wide_and_two_fifths_as_high() -> None:
    assert within((180, 256), (360, 640))
    assert not within((179, 256), (360, 640))
    assert not within((180, 255), (360, 640))

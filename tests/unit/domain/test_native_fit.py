"""Which native parts a creative can fill."""

from hypothesis import given
from hypothesis import strategies as st

from adserver.domain.creative import Native, NativeImage
from adserver.domain.native_fit import ELLIPSIS, filling, fits, shorten
from adserver.domain.opportunity import NativeAsset, NativeSpace

CREATIVE = Native(
    id="n",
    landing_url="https://shop.example/",
    title="Boots for a wet autumn",
    images=(
        NativeImage(url="https://cdn.example/i", width=80, height=80, kind="icon"),
        NativeImage(url="https://cdn.example/s", width=300, height=250),
        NativeImage(url="https://cdn.example/l", width=1200, height=627),
    ),
    texts={"description": "Waterproof, tested in Bergen", "price": "129.90 EUR", "empty": ""},
)


def _image(**asset: object) -> str | None:
    part = filling(CREATIVE, NativeAsset(1, True, "image", **asset))  # type: ignore[arg-type] # noqa: FBT003  a test's shorthand
    return part.url[-1] if isinstance(part, NativeImage) else None


def test_a_title_that_is_too_long_is_cut_after_a_word() -> None:
    assert shorten("Boots for a wet autumn", 22) == "Boots for a wet autumn"
    assert shorten("Boots for a wet autumn", 21) == "Boots for a wet…"
    assert shorten("Boots, for a wet autumn", 8) == "Boots…"


def test_a_text_without_a_place_to_cut_does_not_fit() -> None:
    assert shorten("Regenbekleidung", 10) is None
    assert shorten("Boots for", 0) is None
    assert shorten("", 10) is None


@given(text=st.text(max_size=40), length=st.integers(-1, 40))
def test_a_shortened_text_is_never_too_long_and_a_fitting_one_never_touched(
    text: str, length: int
) -> None:
    short = shorten(text, length)
    if short is None:
        return
    assert len(short) <= length
    assert short == text if len(text) <= length else text.startswith(short.removesuffix(ELLIPSIS))


def test_a_description_may_be_cut_but_a_price_stands_whole_or_not_at_all() -> None:
    def text(name: str, length: int | None) -> object:
        asset = NativeAsset(id=1, required=True, kind="text", name=name, length=length)
        return filling(CREATIVE, asset)

    assert text("description", 12) == "Waterproof…"
    assert text("price", None) == text("price", 10) == "129.90 EUR"
    assert text("price", 9) is None
    assert text("rating", 9) is text("empty", 9) is None


def test_an_image_is_taken_by_kind_and_by_exact_or_least_size() -> None:
    assert _image(name="icon") == "i"
    assert _image(name="main") == "s"
    assert _image(name="main", min_width=600) == "l"
    assert _image(name="main", width=1200, height=627) == "l"
    assert (
        _image(name="main", width=1000, min_width=500) == "l"
    )  # a least size makes the other a wish
    assert _image(name="main", width=1000) is None
    assert _image(name="main", min_width=600, min_height=900) is None
    assert _image(name="icon", min_width=81) is None
    assert _image() == "i"


def test_a_space_fits_if_every_required_part_can_be_filled() -> None:
    title = NativeAsset(id=1, required=True, kind="title")
    rating = NativeAsset(id=2, required=False, kind="text", name="rating")
    unknown = NativeAsset(id=3, required=True, kind="smell")
    assert fits(CREATIVE, NativeSpace(assets=(title, rating)))
    assert not fits(CREATIVE, NativeSpace(assets=(title, unknown)))
    assert not fits(CREATIVE, NativeSpace(assets=(title,), unanswerable=True))

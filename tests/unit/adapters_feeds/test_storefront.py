"""Which products a creative may show: relevant first, then the better in price; and feeds that come and go."""

from collections import defaultdict
from pathlib import Path
from random import Random

import pytest

from adapters.feeds.shelf import Shelf
from adapters.feeds.shelf_file import write
from adapters.feeds.storefront import MOST, Judge, Storefront
from adserver.domain.creative import Banner, Dynamic
from adserver.domain.identity import segment_number
from adserver.domain.product import Product
from adserver.errors import InvalidConfig
from adserver.ports.products import NOTHING, Misfit, Relevant, Wish
from tests.unit.adapters_feeds.rows import Row, feed, row

FALLBACK = Banner(
    id="f", landing_url="https://shop.example/", width=1, height=1, image_url="https://cdn.example/"
)


def creative(**changes: object) -> Dynamic:
    fields: dict[str, object] = {
        "id": f"tile-{changes}", "landing_url": "https://shop.example/", "width": 300, "height": 250,
        "feed": "shop", "template": "t", "fallback": FALLBACK,
    }  # fmt: skip
    return Dynamic(**(fields | changes))  # type: ignore[arg-type]  # a test's own words


def _fits(product: Product) -> Misfit | None:
    return Misfit.NO_IMAGE if not product.image else None


JUDGES: dict[str, Judge] = defaultdict(lambda: _fits)


class Shop:
    """A storefront over rows, with names for products."""

    def __init__(self, folder: Path, *rows: Row) -> None:
        self.folder = folder
        self.load(*rows)
        self.front = Storefront(folder, ["shop"], JUDGES)

    def load(self, *rows: Row) -> None:
        """Put a feed of these rows in place."""
        write(feed(self.folder, *rows), self.folder / "shop.feed")

    def names(self, numbers: tuple[int, ...]) -> list[str]:
        """Return the ids of products."""
        found = [self.front.product("shop", number) for number in numbers]
        return [each.id for each in found if each is not None]

    def first(self, made: Dynamic, wish: Wish = Wish()) -> list[str]:  # noqa: B008 - it is frozen
        """Return the ids of those that are equally relevant."""
        return self.names(self.front.relevant(made, wish).first)

    def everything(self, made: Dynamic, wish: Wish = Wish()) -> list[str]:  # noqa: B008 - it is frozen
        """Return the ids of all that may be shown, in order."""
        found: Relevant = self.front.relevant(made, wish)
        return self.names((*found.first, *found.others))


def test_sold_out_and_priceless_products_and_those_that_do_not_fit_are_never_shown(
    tmp_path: Path,
) -> None:
    shop = Shop(
        tmp_path, row("good"), row("gone", availability="out_of_stock"), row("free", price=""),
        row("blind", image_link=""),
    )  # fmt: skip
    assert shop.everything(creative()) == ["good"]
    assert shop.everything(creative(), Wish(topics=("gone", "the blind"))) == ["good"]


def test_only_what_the_creative_is_about_is_shown(tmp_path: Path) -> None:
    rows = [
        row("a", brand="Fjell", product_type="Outdoor > Shoes"),
        row("b", brand="Elv", product_type="Outdoor > Shoes"),
        row("c", brand="Fjell", product_type="Outdoor > Tents", color="Red"),
    ]
    shop = Shop(tmp_path, *rows)
    assert set(shop.everything(creative(only={"brand": ("fjell",)}))) == {"a", "c"}
    only = {"category": ("Outdoor > Tents", "nothing"), "color": ("RED",)}
    assert shop.everything(creative(only=only)) == ["c"]


def test_relevance_comes_before_price_and_price_before_the_rest(tmp_path: Path) -> None:
    """A discount never brings what is irrelevant up; among equals it does."""
    rows = [
        row("cheap", sale_price="1 EUR", product_type="Garden", title="Hose"),
        row("boot", product_type="Shoes", title="Hiking boot"),
        row("boot-sale", product_type="Shoes", title="Hiking boot", sale_price="40 EUR"),
        row("sandal", product_type="Shoes", title="Sandal", sale_price="20 EUR"),
    ]
    shop = Shop(tmp_path, *rows)
    assert shop.everything(creative())[0] == "cheap"
    assert shop.everything(creative(), Wish(topics=("shoes", "hiking"))) == [
        "boot-sale", "boot", "sandal", "cheap",
    ]  # fmt: skip
    assert shop.first(creative(), Wish(topics=("hiking boot",))) == ["boot-sale", "boot"]


def test_pages_lead_to_categories_as_the_creative_says(tmp_path: Path) -> None:
    shop = Shop(tmp_path, row("tent", product_type="Tents"), row("boot", product_type="Shoes"))
    made = creative(pages={"IAB20": ("Tents",), "IAB17": ("Shoes",)})
    assert shop.first(made, Wish(page_categories=("IAB20-18",))) == ["tent"]
    assert shop.first(made, Wish(page_categories=("IAB17",))) == ["boot"]
    assert set(shop.first(made, Wish(page_categories=("IAB1",)))) == {"tent", "boot"}


def test_products_are_in_the_language_of_the_creative_or_of_the_page(tmp_path: Path) -> None:
    rows = [row("de", language="de"), row("en", language="en"), row("en2", language="en")]
    shop = Shop(tmp_path, *rows)
    assert shop.first(creative(), Wish(("de",))) == ["de"]
    assert shop.first(creative(), Wish(("fr", "de"))) == ["de"]
    assert set(shop.first(creative())) == {"en", "en2"}, "unknown: the feed's usual language"
    assert shop.front.relevant(creative(), Wish(("fr",))) == NOTHING
    assert shop.first(creative(language="de"), Wish(("en",))) == ["de"]


def test_what_a_person_looked_at_comes_first_and_what_they_bought_not_at_all(
    tmp_path: Path,
) -> None:
    rows = [row(each, product_type=f"Shoes > {each}") for each in ("a", "b", "c", "d")]
    shop = Shop(tmp_path, *rows)
    liked = Wish(segments=(segment_number("product:c"), 17), topics=("a",))
    assert shop.first(creative(), liked) == ["c"]
    by_category = Wish(segments=(segment_number("category:d"),))
    assert shop.first(creative(), by_category) == ["d"]
    bought = Wish(segments=(segment_number("product:c"),), avoided=(segment_number("bought:c"),))
    assert "c" not in shop.everything(creative(), bought)
    assert "c" in shop.everything(creative())


def test_what_a_person_asks_for_is_not_remembered(tmp_path: Path) -> None:
    shop = Shop(tmp_path, *(row(each) for each in "abcdef"))
    before = shop.everything(creative())
    shop.everything(creative(), Wish(segments=(segment_number("product:f"),)))
    assert shop.everything(creative()) == before


def test_a_new_feed_is_taken_up_and_a_damaged_one_is_not(tmp_path: Path) -> None:
    shop = Shop(tmp_path, row("old"))
    generation = shop.front.relevant(creative(), Wish()).generation
    shop.load(row("new"))
    assert shop.everything(creative()) == ["old"]
    shop.front.poll()
    assert shop.everything(creative()) == ["new"]
    assert shop.front.relevant(creative(), Wish()).generation > generation
    path = tmp_path / "shop.feed"
    whole = path.read_bytes()
    for damaged in (b"", b"junk" * 5_000, whole[: len(whole) // 2], whole[:8_192]):
        fresh = tmp_path / "fresh"
        fresh.write_bytes(damaged)
        fresh.replace(path)
        with pytest.raises(InvalidConfig):
            Shelf(path)
        shop.front.poll()
        assert shop.everything(creative()) == ["new"]


def test_without_a_feed_there_is_nothing(tmp_path: Path) -> None:
    front = Storefront(tmp_path, ["shop"], JUDGES)
    assert front.relevant(creative(), Wish()) == NOTHING
    assert front.product("shop", 1) is None


def test_sets_agree_with_looking_at_every_product(tmp_path: Path) -> None:
    """The obvious answer: how many of the page's topics a product has, then its discount, then its number."""
    dice = Random(7)
    kinds = ["shoes", "tents", "ropes", "stoves"]
    colours = ["red", "blue", "green"]
    rows = [
        row(f"p{number}", title=f"Thing {dice.choice(colours)}", product_type=dice.choice(kinds), brand=dice.choice("xyz"))
        | ({"sale_price": f"{dice.randint(10, 49)} EUR"} if dice.random() < 0.5 else {})
        for number in range(2_000)
    ]  # fmt: skip
    shop = Shop(tmp_path, *rows)
    listed = {each.product.id: each for each in feed(tmp_path, *rows).products()}
    shelf = shop.front._shelves["shop"]
    order = [shelf.product(shelf.number(position)) for position in range(2_000)]
    place = {each.id: position for position, each in enumerate(order) if each is not None}
    discounts = [listed[each.id].discount_percent for each in order if each is not None]
    assert discounts == sorted(discounts, reverse=True)
    for _ in range(20):
        topics = tuple(dice.sample([*kinds, *colours, "x", "nothing"], dice.randint(0, 4)))
        only = {"brand": ("x", "y")}

        def has(name: str, topic: str) -> bool:
            each = listed[name]
            facets = {
                value.casefold() for key, value in each.facets if key in {"category", "brand"}
            }
            return topic in facets or topic in each.product.title.casefold().split()

        counted = {
            name: sum(has(name, topic) for topic in topics)
            for name in place
            if dict(listed[name].facets)["brand"] in only["brand"]
        }
        best = max(counted.values())
        expected = sorted(
            (name for name, count in counted.items() if count == best), key=place.__getitem__
        )
        assert shop.first(creative(only=only), Wish(topics=topics)) == expected[:MOST], topics

"""Feeds as shops write them, good and bad: one bad row spoils itself alone."""

import csv
import gzip
import io
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from adapters.feeds.feed_files import Format
from adapters.feeds.xml_items import MAX_TOKEN_BYTES
from adserver.domain.prices import Price
from adserver.errors import InvalidConfig
from tests.unit.adapters_feeds.rows import Row, feed, row, written

PAYLOADS = (
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "javascript:alert(1)", "{{ 7*7 }}", "${AUCTION_PRICE}",
    "%%CLICK_URL_UNESC%%", "\u202egnp.exe", "' onmouseover='alert(1)", "]]>", "&lt;b&gt;", "-->", "</title><svg onload=alert(1)>",
)  # fmt: skip


def _table(rows: list[Row], delimiter: str) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _rss(rows: list[Row]) -> str:
    items = "".join(
        "<item>" + "".join(f"<g:{k}>{escape(v)}</g:{k}>" for k, v in each.items()) + "</item>\n"
        for each in rows
    )
    return (
        '<?xml version="1.0"?>\n<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel>'
        f"<title>A shop</title><link>https://shop.example</link>\n{items}</channel></rss>"
    )


def _atom(rows: list[Row]) -> str:
    items = "".join(
        f'<entry><link href="{escape(each["link"])}"/>'
        + "".join(f"<g:{k}>{escape(v)}</g:{k}>" for k, v in each.items() if k != "link")
        + "</entry>"
        for each in rows
    )
    return (
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0">'
        f"{items}</feed>"
    )


ROWS = [
    row("boot", sale_price="39.90 EUR"),
    row(
        "jacket", title="Jäcke & Söhne <1>", link="https://shop.example/p?a=1&b=2", language="de-AT"
    ),
    row("tent", availability="out of stock", price=""),
]


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("csv", _table([each | {"sale_price": each.get("sale_price", ""), "language": each.get("language", "")} for each in ROWS], ",")),
        ("merchant_tabs", _table([each | {"sale_price": each.get("sale_price", ""), "language": each.get("language", "")} for each in ROWS], "\t")),
        ("merchant_xml", _rss(ROWS)),
        ("merchant_xml", _atom(ROWS)),
    ],
)  # fmt: skip
@pytest.mark.parametrize("packed", [False, True])
def test_all_forms_say_the_same(tmp_path: Path, form: Format, text: str, *, packed: bool) -> None:
    name = "feed.gz" if packed else "feed"
    data = text.encode()
    (tmp_path / name).write_bytes(gzip.compress(data) if packed else data)
    found = list(written(tmp_path, name, form).products())
    assert found == list(feed(tmp_path, *ROWS).products())
    boot, jacket, tent = found
    assert boot.product.price == "€39.90"
    assert boot.product.old_price == "€49.90"
    assert boot.price == Price(3990, "EUR")
    assert boot.discount_percent == 20
    assert ("category", "Outdoor > Shoes") in boot.facets
    assert ("category", "Shoes") in boot.facets
    assert jacket.language == "de"
    assert jacket.product.price == "49,90\u00a0€"
    assert not tent.in_stock
    assert tent.product.price == ""


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"id": ""}, "id", "is missing"),
        ({"id": "x" * 101}, "id", "longer than 100"),
        ({"title": " \n "}, "title", "is missing"),
        ({"price": "12,90 EUR"}, "price", "is no price"),
        ({"price": "12.90"}, "price", "is no price"),
        ({"price": "-1 EUR"}, "price", "is no price"),
        ({"price": "0.00 EUR"}, "price", "above 0"),
        ({"price": "12.901 EUR"}, "price", "more decimals"),
        ({"price": "12.5 JPY"}, "price", "more decimals"),
        ({"price": "1e9 EUR"}, "price", "is no price"),
        ({"sale_price": "9 USD"}, "sale_price", "is in USD"),
        ({"availability": "maybe"}, "availability", "none of in_stock"),
        ({"link": ""}, "link", "is missing"),
        ({"link": "javascript:alert(1)"}, "link", "no web address"),
        ({"link": "//shop.example/"}, "link", "no web address"),
        ({"link": "https://evil.example/"}, "link", "none of the feed's domains"),
        ({"link": "https://shop.example.evil.example/"}, "link", "none of the feed's domains"),
        ({"link": "https://notshop.example/"}, "link", "none of the feed's domains"),
        ({"link": "https://evil.example?.shop.example"}, "link", "none of the feed's domains"),
        ({"link": "https://shop.example@evil.example/"}, "link", "user name"),
        ({"link": "https://evil.example@shop.example/"}, "link", "user name"),
        ({"link": "https://evil.example\\.shop.example/"}, "link", "no web address"),
        ({"link": "https://evil.example%2f.shop.example/"}, "link", "no web address"),
        ({"link": "https://shop.example/\r\nSet-Cookie: a=b"}, "link", "percent-encoded"),
        ({"link": "https://shop.example:port/"}, "link", "no web address"),
        ({"image_link": "http://cdn.example/a.jpg"}, "image_link", "must be https"),
        ({"image_link": "data:image/png;base64,AA"}, "image_link", "not http or https"),
        ({"image_link": 'https://cdn.example/"onerror='}, "image_link", "quotes"),
        ({"language": "german"}, "language", "no language"),
    ],
)  # fmt: skip
def test_a_bad_row_is_skipped_and_told_with_its_line_and_field(
    tmp_path: Path, changes: dict[str, str], field: str, said: str
) -> None:
    loader = feed(tmp_path, row("good"), row("bad", **changes), row("also"), max_bad_percent=50)
    assert [each.product.id for each in loader.products()] == ["good", "also"]
    assert loader.skipped == 1
    (fault,) = loader.faults
    assert fault.file.endswith(":2")
    assert fault.path == f"$.{field}"
    assert said in fault.message


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize(
    "field", ["id", "title", "description", "brand", "product_type", "color", "custom_label_0"]
)
def test_hostile_texts_are_texts(tmp_path: Path, payload: str, field: str) -> None:  # fmt: skip
    (found,) = feed(tmp_path, row(**{field: payload})).products()
    assert not any(letter in str(found) for letter in "\r\n\u202e\x00")
    assert found.product.link == "https://shop.example/p/boot"


def test_links_of_subdomains_and_bare_prices_are_taken_where_the_settings_say_so(
    tmp_path: Path,
) -> None:
    rows = [row(link="https://de.shop.example/p/1", price="1299.5", sku="x")]
    (found,) = feed(tmp_path, *rows, currency="CHF", language="de").products()
    assert found.product.price == "1.299,50\u00a0CHF"


def test_columns_of_other_names_are_read_by_the_settings(tmp_path: Path) -> None:
    renamed = {("sku" if name == "id" else name): value for name, value in row().items()}
    (found,) = feed(tmp_path, renamed, columns={"sku": "id"}).products()
    assert found.product.id == "boot"


def test_the_second_row_of_an_id_is_a_bad_one(tmp_path: Path) -> None:
    loader = feed(tmp_path, row(), row(title="Another"), max_bad_percent=50)
    assert [each.product.title for each in loader.products()] == ["The boot"]
    assert "stands in the feed twice" in loader.faults[0].message


def test_too_many_bad_rows_refuse_the_whole_feed(tmp_path: Path) -> None:
    rows = [row(f"r{number}") for number in range(8)] + [row("a", price="?"), row("b", price="?")]
    assert len(list(feed(tmp_path, *rows, max_bad_percent=20).products())) == 8
    loader = feed(tmp_path, *rows, max_bad_percent=19)
    with pytest.raises(InvalidConfig, match="2 of 10 rows are bad"):
        list(loader.products())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no product"),
        ("id,title\nboot,Boot\n", "names no availability, link"),
    ],
)
def test_a_feed_without_products_or_columns_is_refused(
    tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "feed.csv").write_text(text, "utf-8")
    with pytest.raises(InvalidConfig, match=said):
        list(written(tmp_path, "feed.csv", "csv").products())


def test_a_missing_file_and_one_cut_short_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match="cannot be read"):
        list(written(tmp_path, "none.csv", "csv").products())
    (tmp_path / "cut.gz").write_bytes(gzip.compress(_rss(ROWS * 50).encode())[:-30])
    with pytest.raises(InvalidConfig, match="cannot be read to its end"):
        list(written(tmp_path, "cut.gz", "merchant_xml").products())


BOMB = (
    '<!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    "<rss><item><title>&b;</title></item></rss>"
)
THIEF = '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/hostname">]><rss><item><title>&x;</title></item></rss>'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BOMB, "document types and entities"),
        (THIEF, "document types and entities"),
        ('<!DOCTYPE rss SYSTEM "http://evil.example/x.dtd"><rss/>', "document types and entities"),
        ("<rss><item><title>&x;</title></item></rss>", "undefined entity"),
        ("<rss><item><title>open", "no element found"),
        ("<a>" * 40, "nested deeper"),
        (f"<rss><!-- {'x' * 2 * MAX_TOKEN_BYTES} --></rss>", "without end"),
        (f"<rss><item {'x' * 2 * MAX_TOKEN_BYTES}", "without end"),
        ("not at all", "syntax error"),
        ("\x00\x01\x02", "not well-formed"),
    ],
)
def test_xml_that_is_broken_or_wants_more_than_a_feed_needs_is_refused(
    tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "feed.xml").write_text(text, "utf-8")
    with pytest.raises(InvalidConfig, match=said):
        list(written(tmp_path, "feed.xml", "merchant_xml").products())


def test_an_item_as_large_as_a_house_is_skipped_and_its_neighbours_are_not(tmp_path: Path) -> None:
    rows = [row("a"), row("b", description="x" * 200_000), row("c")]
    (tmp_path / "feed.xml").write_text(_rss(rows), "utf-8")
    loader = written(tmp_path, "feed.xml", "merchant_xml", max_bad_percent=50)
    assert [each.product.id for each in loader.products()] == ["a", "c"]
    assert "longer than" in loader.faults[0].message


@pytest.mark.parametrize(
    "inside", ["".join(f"<field{n}/>" for n in range(20_000)), f'<link href="{"x" * 200_000}"/>']
)
def test_names_and_attributes_count_as_texts_do(tmp_path: Path, inside: str) -> None:
    text = _rss([row("a"), row("c")]).replace("</item>", f"</item><item>{inside}</item>", 1)
    (tmp_path / "feed.xml").write_text(text, "utf-8")
    loader = written(tmp_path, "feed.xml", "merchant_xml", max_bad_percent=50)
    assert [each.product.id for each in loader.products()] == ["a", "c"]
    assert "longer than" in loader.faults[0].message


def test_json_that_is_no_flat_object_is_a_bad_row(tmp_path: Path) -> None:
    (tmp_path / "feed.jsonl").write_text('[1]\n{"id": {"a": 1}}\n' + "[" * 5_000 + "\n", "utf-8")
    loader = written(tmp_path, "feed.jsonl", "json_lines", max_bad_percent=100)
    assert list(loader.products()) == []
    assert loader.skipped == 3

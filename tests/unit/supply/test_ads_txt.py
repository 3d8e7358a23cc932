"""ads.txt and app-ads.txt as publishers write and serve them."""

import pytest

from adserver.supply.ads_txt import MAX_BYTES, MAX_FAULTS, MAX_LINE, AdsTxt, Record, parse
from tests.corpus.corpus import corpus

ONE = b"ssp.example, 1234, DIRECT, f08c47fec0942fa0\n"
RECORD = Record("ssp.example", "1234", direct=True, authority="f08c47fec0942fa0")
SAMPLES: dict[str, tuple[int, list[str]]] = {
    "12q.app-ads.txt": (1, []),
    "13qgames.app-ads.txt": (1, []),
    "evolution-of-games.app-ads.txt": (1_114, ["'RESELLER 0bfd66d529a' is neither DIRECT nor RESELLER"]),
    "iab-crawler-content_blue_com.ads.txt": (2, ["the variable CONTENTDISTRIBUTORDOMAIN is unknown"]),
    "iab-crawler-mvpd_fuchsia_com.ads.txt": (2, ["the variable CONTENTPRODUCERDOMAIN is unknown"] * 2),
    "iab-crawler-mvpd_red_com.ads.txt": (2, ["the variable CONTENTPRODUCERDOMAIN is unknown"] * 2),
    "rtblint-ads_publisher.example_ads.txt": (1, []),
    "rtblint-app-ads_com.example.app_app-ads.txt": (1, []),
}  # fmt: skip
"""By file: how many records, and what is wrong with which lines. The drafts' variables never became a standard."""


@pytest.mark.parametrize("name", SAMPLES)
def test_real_files_are_read_and_their_bad_lines_named(name: str) -> None:
    found = parse(corpus("supplychain/ads_txt", name).read_bytes())
    assert (len(found.records), [each.message for each in found.faults]) == SAMPLES[name]


def test_all_real_files_are_looked_at() -> None:
    assert {path.name for path in corpus("supplychain/ads_txt").iterdir()} == SAMPLES.keys()


def test_what_real_files_mean() -> None:
    folder = corpus("supplychain/ads_txt")
    (google,) = parse((folder / "12q.app-ads.txt").read_bytes()).records
    assert google == Record(
        "google.com", "pub-9391795411851911", direct=True, authority="f08c47fec0942fa0"
    )
    games = parse((folder / "evolution-of-games.app-ads.txt").read_bytes())
    assert games.owner == "evolution-of-games.github.io"
    assert Record("media.net", "8CUH46N56", direct=False) in games.records, (
        "accounts keep their case"
    )
    assert games.faults[0].line == 607
    blue = parse((folder / "iab-crawler-content_blue_com.ads.txt").read_bytes())
    assert (
        Record("green_ssp.com", "70922", direct=True, authority="5806bae69b12fafd") in blue.records
    )


@pytest.mark.parametrize(
    "content",
    [
        ONE,
        ONE.rstrip(),
        b"\xef\xbb\xbf" + ONE,
        ONE.decode().encode("utf-16"),
        ONE.decode().encode("utf-16-le"),
        ONE.decode().encode("utf-16-be"),
        ONE.decode().encode("utf-32"),
        b"# caf\xe9 in Latin-1\r" + ONE.replace(b"\n", b"\r"),
        ONE.replace(b"\n", b"\r\n") * 3,
        b" SSP.Example. ,\t1234 , direct , F08C47FEC0942FA0 # ours",
        "ssp.example,\u00a01234\u00a0,DIRECT,f08c47fec0942fa0\u200b".encode(),
        b"ssp.example,1234,DIRECT,f08c47fec0942fa0;extension=1,2",
        b"ssp.example,1234,DIRECT,f08c47fec0942fa0,one too many",
        b"#\n\n   \n" + ONE,
    ],
)
def test_one_record_is_found_however_it_is_written(content: bytes) -> None:
    found = parse(content)
    assert found.records == (RECORD,)
    assert found.faults == ()


def test_variables_are_read_and_the_first_owner_counts() -> None:
    found = parse(
        b"OwnerDomain = Owner.example\nOWNERDOMAIN=other.example\nMANAGERDOMAIN=m.example\n"
        b"managerdomain=fr.example, FR\nMANAGERDOMAIN=late.example\nINVENTORYPARTNERDOMAIN=p.example\n"
        b"SUBDOMAIN=news.pub.example\nSUBDOMAIN=news.pub.example\nCONTACT=mail=us@pub.example, please\n"
        b"COLOUR=blue\nMANAGERDOMAIN=x.example,FRANCE\nSUBDOMAIN=127.0.0.1\n"
    )
    assert found.owner == "owner.example"
    assert found.managers == (("m.example", ""), ("fr.example", "FR"))
    assert (found.partners, found.subdomains) == (("p.example",), ("news.pub.example",))
    assert [each.line for each in found.faults] == [2, 5, 10, 11, 12]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("ssp.example, 1234", "is no record"),
        ("ssp.example", "is no record"),
        ("ssp.example, 1234, PARTNER", "neither DIRECT nor RESELLER"),
        ("ssp.example, , DIRECT", "has no account"),
        (f"ssp.example, {'9' * 300}, DIRECT", "has no account"),
        ("http://ssp.example/, 1234, DIRECT", "is no domain"),
        ("10.0.0.1, 1234, DIRECT", "is no domain"),
        ("ssp, 1234, DIRECT", "is no domain"),
        ("ssp.example\v1234\vDIRECT", "is no record"),
        ("x" * (MAX_LINE + 1), "is longer"),
    ],
)
def test_a_bad_line_costs_that_line_and_is_named(line: str, message: str) -> None:
    found = parse(ONE + line.encode() + b"\n" + ONE)
    assert found.records == (RECORD,)
    (fault,) = found.faults
    assert fault.line == 2
    assert message in fault.message


def test_a_placeholder_lets_nobody_sell() -> None:
    assert parse(b"placeholder.example.com, placeholder, DIRECT, placeholder") == AdsTxt(())


@pytest.mark.parametrize(
    "page",
    [
        b"<!DOCTYPE html><html><body>404</body></html>",
        b"\xef\xbb\xbf \r\n<HTML>",
        b"<?xml version='1.0'?><Error/>",
        b"Not found <html>" + ONE,
        "<!doctype html>".encode("utf-16"),
    ],
)
def test_an_error_page_is_no_ads_txt(page: bytes) -> None:
    with pytest.raises(ValueError, match="HTML"):
        parse(page)


def test_only_the_beginning_of_a_huge_file_is_read_and_no_half_line() -> None:
    line = b"ssp.example,%07d,RESELLER\n"
    content = b"".join(line % number for number in range(MAX_BYTES // len(line % 1) + 10))
    found = parse(content)
    assert found.cut
    assert found.faults == ()
    assert len(found.records) == MAX_BYTES // len(line % 1)


def test_faults_are_counted_beyond_those_that_are_described() -> None:
    found = parse(b"nonsense\n" * (MAX_FAULTS + 20))
    assert (len(found.faults), found.fault_count) == (MAX_FAULTS, MAX_FAULTS + 20)

"""Lists of customers: hashed as they are read, loaded only as far as they agreed."""

import gzip
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.crm.customer_files import CustomerFiles, Decision
from adapters.identity.hashing import sha256_of
from adapters.rows import BadRows
from adserver.domain.grant import UNDECLARED, Basis, Grant, Use
from adserver.errors import InvalidConfig

NOW_S = 1_790_000_000
HEAD = "email,phone,segments,opt_in,opt_in_date\n"
JANE, JOHN = (("email", sha256_of(f"{name}@shop.example")) for name in ("jane", "john"))
CRM = Grant("crm", Basis.OPT_IN, (Use.SELECT, Use.TRAIN))
SERVICE = Grant("orders", Basis.CONTRACT, (Use.SERVICE,))
DATE_S = int(datetime(2026, 1, 31, tzinfo=UTC).timestamp())


def grant_of(name: str) -> Grant | None:
    """Return by what right a test's segments are kept."""
    return {"o": SERVICE, "x": None}.get(name[0], CRM)


def load(
    folder: Path, text: str, calling_code: str = "49", name: str = "list.csv"
) -> CustomerFiles:
    path = folder / name
    content = text.encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return CustomerFiles([path], grant_of, NOW_S, calling_code)


def segments(loader: CustomerFiles) -> dict[tuple[str, str], tuple[str, ...]]:
    return {(kind, each): names for kind, each, names in loader.people()}


@pytest.mark.parametrize("name", ["list.csv", "list.csv.gz"])
def test_a_customer_who_agreed_is_loaded_under_hashes(tmp_path: Path, name: str) -> None:
    row = " Jane@Shop.example ,030/1234567,gold|camera,yes,2026-01-31\n"
    loader = load(tmp_path, HEAD + row, name=name)
    assert segments(loader) == {JANE: ("gold", "camera")}
    assert dict(loader.decisions()) == {JANE: Decision(opted_in=True, at_s=DATE_S)}
    assert list(loader.links()) == [(JANE, ("phone", sha256_of("+49301234567")))]


def test_columns_come_in_any_order_hashed_or_not_and_with_semicolons(tmp_path: Path) -> None:
    text = f"\ufeffopt_in;opt_in_date;Segments;EMAIL_SHA256\nYES;2026-01-31T00:00:00+00:00;gold;{JANE[1].upper()}\n"
    assert segments(load(tmp_path, text)) == {JANE: ("gold",)}


@pytest.mark.parametrize("word", ["no", "", "0", "False"])
def test_without_an_opt_in_only_what_serves_the_customer_is_loaded(
    tmp_path: Path, word: str
) -> None:
    """Whoever stores them is told of the customer all the same, so that what stood there before goes."""
    loader = load(tmp_path, HEAD + f"jane@shop.example,,gold|orders-2025,{word},\n")
    assert segments(loader) == {JANE: ("orders-2025",)}
    assert loader.withheld == 1
    assert set(loader.grants) == {CRM, SERVICE}
    said = {} if not word else {JANE: Decision(opted_in=False, at_s=NOW_S)}
    assert dict(loader.decisions()) == said


def test_what_must_not_be_kept_needs_an_opt_in_too(tmp_path: Path) -> None:
    text = HEAD + "jane@shop.example,,x-illness,no,\njohn@shop.example,,x-illness,yes,2026-01-31\n"
    assert segments(load(tmp_path, text)) == {JANE: (), JOHN: ("x-illness",)}


@pytest.mark.parametrize("rows", [("yes,2026-01-31", "no,2026-02-01"), ("no,2026-02-01", "yes,2026-01-31"), ("yes,2026-01-31", "no,2026-01-31"), ("yes,2026-01-31", "no,")])  # fmt: skip
def test_the_later_word_counts_and_of_two_at_once_the_no(
    tmp_path: Path, rows: Sequence[str]
) -> None:
    text = HEAD + "".join(f"jane@shop.example,,gold,{row}\n" for row in rows)
    loader = load(tmp_path, text)
    assert segments(loader) == {JANE: ()}
    assert not dict(loader.decisions())[JANE].opted_in


@pytest.mark.parametrize(
    "said",
    ["perhaps,2026-01-31", "yes,", "yes,31.1.2026", "yes,2999-01-01", "yes,1960-01-01", "ja,2026-01-31"],
)  # fmt: skip
def test_an_opt_in_that_cannot_be_read_or_proven_is_none(tmp_path: Path, said: str) -> None:
    text = HEAD + f"jane@shop.example,,gold,yes,2026-01-30\njane@shop.example,,gold,{said}\n"
    loader = load(tmp_path, text)
    assert segments(loader) == {JANE: ()}
    assert loader.skipped == 1
    assert dict(loader.decisions()) == {JANE: Decision(opted_in=False, at_s=NOW_S)}


def test_a_number_alone_is_the_customer_whose_it_is(tmp_path: Path) -> None:
    text = HEAD + ",030 1234567,gold,no,\njane@shop.example,030 1234567,camera,yes,2026-01-31\n"
    loader = load(tmp_path, text)
    assert segments(loader) == {JANE: ()}
    assert dict(loader.decisions()) == {JANE: Decision(opted_in=False, at_s=NOW_S)}


def test_what_two_customers_share_says_nothing(tmp_path: Path) -> None:
    rows = [f"{name}@shop.example,030 1234567,gold,yes,2026-01-31\n" for name in ("jane", "john")]
    loader = load(tmp_path, HEAD + "".join(rows))
    assert segments(loader) == {JANE: ("gold",), JOHN: ("gold",)}
    assert list(loader.links()) == []


BAD = (
    "nobody,,gold,yes,2026-01-31",
    "secret@shop.example,+49x,gold,yes,2026-01-31",
    "secret@shop.example,,gold,yes",
    "secret@shop.example,,secret@else.example,yes,2026-01-31",
    '"secret@shop.example,,gold,yes,2026-01-31',
    ",,gold,yes,2026-01-31",
    "secret@shop.example,,gold,secret-word,2026-01-31",
    "secret@shop.example,,gold,yes,secret-date",
)


def test_bad_rows_are_told_by_number_and_never_repeated(tmp_path: Path) -> None:
    good = "jane@shop.example,,gold,yes,2026-01-31\n"
    loader = load(tmp_path, HEAD + "\n".join(BAD) + "\n" + good)
    assert segments(loader)[JANE] == ("gold",)
    assert loader.skipped == len(BAD)
    assert [int(fault.file.rpartition(":")[2]) for fault in loader.faults] == list(
        range(2, 2 + len(BAD))
    )
    told = "".join(fault.message for fault in loader.faults)
    assert "secret" not in told
    assert "nobody" not in told
    assert "@" not in told


def test_nothing_of_an_address_is_kept(tmp_path: Path) -> None:
    loader = load(tmp_path, HEAD + "jane@shop.example,+49 30 1234567,gold,yes,2026-01-31\n")
    kept = repr((loader.people(), list(loader.decisions()), list(loader.links()), vars(loader)))
    assert "jane" not in kept
    assert "1234567" not in kept


@pytest.mark.parametrize(
    "header",
    [
        "", "email,segments\n", "email,opt_in\n", "segments,opt_in\n", "email,email,segments,opt_in\n",
        "email,name,segments,opt_in\n", "jane@shop.example,,gold,yes,2026-01-31\n",
    ],
)  # fmt: skip
def test_a_file_without_its_header_is_refused_without_repeating_it(
    tmp_path: Path, header: str
) -> None:
    loader = load(tmp_path, header + "john@shop.example,,gold,yes,2026-01-31\n")
    with pytest.raises(InvalidConfig, match="the first line must name columns") as refused:
        loader.people()
    assert "shop.example" not in str(refused.value)


def test_a_file_of_bad_rows_only_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig):
        load(tmp_path, HEAD + "nonsense\n").people()
    assert load(tmp_path, HEAD).people() == []


@given(st.text(alphabet='a@.,;|"0\n\t\r\x00é-yesno2026', max_size=200))
def test_whatever_stands_there_it_is_a_row_or_a_bad_row(text: str) -> None:
    loader = CustomerFiles([], lambda _: UNDECLARED, NOW_S)
    bad = BadRows()
    for row in text.split("\n"):
        fields = dict(
            zip(
                ("email", "phone", "segments", "opt_in", "opt_in_date"),
                row.split(","),
                strict=False,
            )
        )
        if len(fields) < 5:
            continue
        try:
            ids = list(loader._ids(fields))
            if ids:
                loader._decide(ids[0], fields)
        except ValueError as error:
            bad.add(Path("x"), 1, error)
    assert all(decision.at_s <= NOW_S for _, decision in loader.decisions())

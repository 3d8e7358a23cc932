"""Tables of any kind become rows, or say what is wrong with them."""

import gzip
import lzma
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adserver.errors import InvalidConfig
from models.ctr.features import SERVED
from models.ctr.learner import lacking, learn
from models.ctr.train import train_rows
from models.tables import Mapping, Time, read_mapping, read_table

PLAIN = """when,hit,place,size,price,groups
14102101,0,a,300x250,1.5,"x,y"
14102100,1,b,728x90,,x
14102102,,a,,inf,
never,0,a,b,1,
14102103,maybe,a,b,1,
"""
MAPPING = Mapping(
    time=Time("when", "%y%m%d%H"),
    click="hit",
    words={"site": "place"},
    numbers={"price": "price"},
    candidate_words={"banner": "size"},
    crosses={"both": ("place", "size")},
    clock=("hour", "weekday"),
    rated=("site",),
    segments="groups",
    slots=2,
)


def write(path: Path, text: str = PLAIN) -> Path:
    raw = text.encode()
    pressed = {".gz": gzip.compress(raw), ".xz": lzma.compress(raw)}
    path.write_bytes(pressed.get(path.suffix, raw))
    return path


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz", "t.csv.xz", "t.parquet"])
def test_a_table_becomes_rows_by_time(tmp_path: Path, name: str) -> None:
    if name.endswith(".parquet"):
        pyarrow = pytest.importorskip("pyarrow")
        csv = pytest.importorskip("pyarrow.csv")
        parquet = pytest.importorskip("pyarrow.parquet")
        text = csv.ConvertOptions(column_types={"when": pyarrow.string(), "hit": pyarrow.string()})
        source = write(tmp_path / "t.csv")
        parquet.write_table(csv.read_csv(source, convert_options=text), tmp_path / name)
    else:
        write(tmp_path / name)
    data = read_table(tmp_path / name, MAPPING)
    assert data.schema.columns == (
        "site", "both", "price", "hour", "weekday", "site_rate", "segment_00", "segment_01", "banner",
    )  # fmt: skip
    assert (data.tally.lines, data.tally.damaged) == (5, 2)
    assert data.clicked.tolist() == [True, False, False]
    assert [data.vocabularies[1][code] for code in data.words[:, 1]] == [
        "b|728x90",
        "a|300x250",
        "a|",
    ]
    assert np.array_equal(
        data.numbers, [[np.nan, 0, 1], [1.5, 1, 1], [np.nan, 2, 1]], equal_nan=True
    )
    assert data.audiences.columns(("x", "y"), 2).tolist() == [[1, 0], [1, 1], [0, 0]]


def test_a_table_in_our_words_can_be_served_and_another_not() -> None:
    ours = Mapping(
        time=Time("t"), click="c", words={"publication": "site"}, candidate_words={"size": "s"}
    )
    assert ours.schema == SERVED
    assert MAPPING.schema != SERVED
    assert Mapping(time=Time("t"), click="c", words={"size": "s"}).schema != SERVED  # another role


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is no mapping"),
        ("[", "is no mapping"),
        ("time: {column: t}\nclick: c\nwhat: 1", "unknown field"),
        ("time: {column: t}\nclick: c\nrated: [a]", "rated"),
        ("time: {column: t}\nclick: c\nclock: [minute]", "clock"),
        ("time: {column: t}\nclick: c\nwords: {a: x}\ncandidate_words: {a: y}", "named twice"),
        ("time: {column: t}\nclick: c\nslots: 1000000", "slots"),
        ("time: {column: t}\nclick: c\nseparator: \\t", "separator must be one letter"),
        ("time: {column: t}\nclick: c\nseparator: ''", "separator must be one letter"),
        ('time: {column: t}\nclick: c\nseparator: "\\n"', "separator must be one letter"),
    ],
)
def test_a_mapping_says_what_is_wrong(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "m.yaml").write_text(text)
    with pytest.raises(InvalidConfig, match=message):
        read_mapping(tmp_path / "m.yaml")


def test_a_file_that_is_not_there_or_lacks_a_column_is_the_operators_fault(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match="cannot be read"):
        read_mapping(tmp_path / "m.yaml")
    with pytest.raises(InvalidConfig, match="cannot be read"):
        read_table(tmp_path / "t.csv", MAPPING)
    with pytest.raises(InvalidConfig, match="has no column hit"):
        read_table(write(tmp_path / "t.csv", "when,place,size,price,groups\n"), MAPPING)
    (tmp_path / "t.xz").write_bytes(b"no archive")
    with pytest.raises(InvalidConfig, match="cannot be read"):
        read_table(tmp_path / "t.xz", MAPPING)


def test_a_tab_in_double_quotes_separates(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text('time: {column: t}\nclick: c\nseparator: "\\t"')
    mapping = read_mapping(tmp_path / "m.yaml")
    assert read_table(write(tmp_path / "t.csv", "t\tc\n5\t1\n"), mapping).at.tolist() == [5]


@pytest.mark.parametrize("name", ["t.csv.gz", "t.csv.xz"])
def test_a_damaged_archive_is_the_operators_fault(tmp_path: Path, name: str) -> None:
    """Wherever a byte is wrong: the reader of either format says it in its own way."""
    text = "t,c\n" + "".join(f"{row * 7_919},{row % 2}\n" for row in range(300))
    whole = write(tmp_path / name, text).read_bytes()
    mapping, refused = Mapping(time=Time("t"), click="c"), 0
    for at in range(0, len(whole), 11):
        (tmp_path / name).write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        try:
            read_table(tmp_path / name, mapping)
        except InvalidConfig as error:
            refused += "cannot be read" in str(error)
    assert refused > 10


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz", "t.csv.xz"])
def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path: Path, name: str) -> None:
    data = read_table(write(tmp_path / name, "\ufefft,c\n5,1\n"), Mapping(Time("t"), click="c"))
    assert data.at.tolist() == [5]


def test_moments_in_parquet_are_read_to_the_microsecond(tmp_path: Path) -> None:
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    moments = pyarrow.array([1_413_849_600_000_001_999, None], pyarrow.timestamp("ns", "UTC"))
    parquet.write_table(pyarrow.table({"t": moments, "c": [1, 0]}), tmp_path / "t.parquet")
    data = read_table(tmp_path / "t.parquet", Mapping(Time("t", "iso"), click="c"))
    assert data.at.tolist() == [1_413_849_600.000001]
    assert (data.tally.lines, data.tally.damaged) == (2, 1)


@pytest.mark.parametrize(
    ("kind", "value"),
    [("time64[ns]", 1), ("duration[ns]", 1), ("timestamp[us]", 1 << 62), ("date32", (1 << 31) - 1)],
)
def test_what_python_has_no_word_for_is_the_operators_fault(
    tmp_path: Path, kind: str, value: int
) -> None:
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    column = pyarrow.array([value], kind)
    parquet.write_table(pyarrow.table({"t": column, "c": [1]}), tmp_path / "t.parquet")
    with pytest.raises(InvalidConfig, match="cannot be read"):
        read_table(tmp_path / "t.parquet", Mapping(Time("t", "iso"), click="c"))


def test_of_two_columns_of_one_name_none_is_guessed(tmp_path: Path) -> None:
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    columns = [pyarrow.array([each]) for each in (5, 1, 2, 3, 4)]
    table = pyarrow.Table.from_arrays(columns, names=["t", "c", "w", "other", "other"])
    parquet.write_table(table, tmp_path / "t.parquet")
    mapping = Mapping(Time("t"), click="c")
    assert read_table(tmp_path / "t.parquet", mapping).at.tolist() == [5]
    with pytest.raises(InvalidConfig, match="several columns named other"):
        read_table(tmp_path / "t.parquet", Mapping(Time("t"), click="c", numbers={"n": "other"}))


cells = st.sampled_from(["0", "1", "", "nan", "inf", "-1e400", "abc", "1413849600", "é\x00"])


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.lists(cells, max_size=7), max_size=20))
def test_whatever_stands_in_a_table_is_rows_or_counted(
    tmp_path: Path, table: list[list[str]]
) -> None:
    """Every row is there or counted as damaged; no number is infinite; too little says so."""
    text = "\n".join(["t,c,w,n", *(",".join(row) for row in table), ""])
    mapping = Mapping(time=Time("t"), click="c", words={"w": "w"}, numbers={"n": "n"}, rated=("w",))
    data = read_table(write(tmp_path / "t.csv", text), mapping)
    assert len(data.at) + data.tally.damaged == data.tally.lines
    assert not np.isinf(data.numbers).any()
    assert np.all(np.diff(data.at) >= 0)
    assert "at least" in lacking(data.clicked)


def made(rows: int, click: str, extra: str = "x") -> str:
    """Return a table of a constant word and a number that is missing or not finite."""
    lines = [
        f"{1_400_000_000 + row},{eval_click(click, row)},{extra},{'nan' if row % 2 else 'inf'}"
        for row in range(rows)
    ]
    return "\n".join(["t,c,w,n", *lines, ""])


def eval_click(click: str, row: int) -> int:
    return {"none": 0, "all": 1, "some": int(row % 7 == 0)}[click]


TINY = Mapping(time=Time("t"), click="c", words={"w": "w"}, numbers={"n": "n"}, rated=("w",))


@pytest.mark.parametrize(
    ("rows", "click", "message"),
    [(0, "some", "0 measured"), (2_500, "none", "0 clicks"), (2_500, "all", "all clicked")],
)
def test_nothing_to_learn_from_is_a_clear_error(
    tmp_path: Path, rows: int, click: str, message: str
) -> None:
    data = read_table(write(tmp_path / "t.csv", made(rows, click)), TINY)
    with pytest.raises(InvalidConfig, match=message):
        train_rows(data, tmp_path / "out", "t.csv", plain=True)
    assert not (tmp_path / "out").exists()


def test_constant_columns_and_missing_numbers_learn_the_constant(tmp_path: Path) -> None:
    data = read_table(write(tmp_path / "t.csv", made(2_500, "some")), TINY)
    learned = learn(data, seed=1, on_progress=lambda *_: None)
    assert np.ptp(learned.predicted) < 0.02
    assert learned.predicted.mean() == pytest.approx(1 / 7, abs=0.02)
    report = train_rows(data, tmp_path / "out", "t.csv", plain=True)
    assert {each.name for each in report.folder.iterdir()} == {
        "model.txt",
        "tables.json",
        "calibration.json",
    }


def test_a_table_that_serving_cannot_fill_is_not_published(tmp_path: Path) -> None:
    data = read_table(write(tmp_path / "t.csv", made(2_500, "some")), TINY)
    with pytest.raises(InvalidConfig, match="--out"):
        train_rows(data, tmp_path / "models", "t.csv")

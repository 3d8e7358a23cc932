"""The public logs are read as what they are."""

import numpy as np
import pytest

from adserver.errors import InvalidConfig
from models.evaluation.logs import IPINYOU_COLUMNS, ipinyou
from tests.corpus.corpus import corpus
from tests.quality.avazu import load


def test_ipinyou_joins_clicks_by_bid() -> None:
    folder = corpus() / "ml" / "ipinyou_raw_2821"
    (impressions,), (clicks,) = folder.glob("imp.*"), folder.glob("clk.*")
    data = ipinyou(impressions, clicks)
    assert (len(data.at), int(data.clicked.sum()), data.tally.damaged) == (10_000, 3, 0)
    assert np.all(np.diff(data.at) >= 0)
    assert not {"ipinyou_id", "ip", "user_agent"} & set(data.schema.columns)
    assert {"ipinyou_id", "ip", "user_agent"} < set(IPINYOU_COLUMNS)
    sizes = data.vocabularies[data.schema.words.index("size")]
    assert "300|250" in sizes
    assert len(data.audiences.vocabulary) > 20


def test_avazu_is_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADSERVER_CORPUS", str(corpus()))
    data = load()
    assert (len(data.at), int(data.clicked.sum()), data.tally.damaged) == (20_000, 3_354, 0)
    assert data.at[0] == 1_413_849_600.0


def test_a_log_that_is_not_there_is_the_operators_fault() -> None:
    folder = corpus() / "ml" / "ipinyou_raw_2821"
    with pytest.raises(InvalidConfig, match="cannot be read"):
        ipinyou(folder / "nothing.txt", folder / "nothing.txt")

"""The stored request set of the benches."""

from hashlib import sha256
from pathlib import Path

import orjson

from loadtest import traffic
from loadtest.__main__ import main


def test_the_same_seed_gives_the_same_bytes() -> None:
    assert traffic.requests(50, 1) == traffic.requests(50, 1)
    assert traffic.requests(50, 1) != traffic.requests(50, 2)


def test_the_set_is_the_one_that_all_figures_were_measured_with() -> None:
    """Bars of speed are compared over months: whoever changes these bytes begins a new series."""
    told = sha256(b"".join(traffic.requests(500, 1))).hexdigest()
    assert told == "3ded45a67e08a53fb9a2acd388cb39efb53788096cb214d0f5a7b4ba595a61e5"
    told = sha256(b"".join(traffic.unsellable(500, 1))).hexdigest()
    assert told == "b5d4968f1e8c29a5b18409e944a0eabc48704122589a0e1499c6bfd847b482ed"


def test_requests_are_as_the_benches_describe_them() -> None:
    bodies = traffic.requests(500, 1)
    decoded = [orjson.loads(body) for body in bodies]
    assert min(map(len, bodies)) >= 1_200
    assert max(map(len, bodies)) <= 2_048
    assert sum(len(request["imp"]) == 2 for request in decoded) == 100
    media = [set(imp) & {"banner", "video", "native"} for r in decoded for imp in r["imp"]]
    assert 30 < media.count({"video"}) < 200
    assert media.count({"banner"}) + media.count({"video"}) == len(media)
    assert len({request["id"] for request in decoded}) == 500
    for request in decoded:
        assert int(request["user"]["buyeruid"].removeprefix("person-")) < traffic.PEOPLE
        assert request["regs"]["gdpr"] == 1
        assert request["user"]["consent"].count(".") == 1


def test_the_unsellable_variant_asks_for_a_size_that_nobody_sells() -> None:
    for body in traffic.unsellable(50, 1):
        for imp in orjson.loads(body)["imp"]:
            assert imp["banner"]["format"] == [{"w": 123, "h": 457}]
            assert "pmp" not in imp


def test_the_command_writes_lines(tmp_path: Path) -> None:
    out = tmp_path / "t.jsonl"
    assert main(["traffic", "--json", "--out", str(out), "--requests", "7", "--unsellable"]) == 0
    assert out.read_bytes().splitlines() == traffic.unsellable(7, 1)

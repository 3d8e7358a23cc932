"""Supply chains and their text form, both ways."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adserver.supply.chain import Chain, Node, deserialise, serialise
from tests.corpus.corpus import corpus

TYPO = "Multiple Hops - With all properties supplied"
"""The specification's text of this one has `bid-request2` where its object has `bid-request-2`."""


def _chain(said: dict[str, Any]) -> Chain:
    return Chain(tuple(Node(**node) for node in said["nodes"]), said["complete"] == 1, said["ver"])


def test_the_specifications_examples_hold_both_ways() -> None:
    file = corpus("supplychain/schain/schain_serialization_vectors.json")
    vectors = json.loads(file.read_text("utf-8"))["vectors"]
    assert len(vectors) == 6
    for each in vectors:
        text = each["serialized"]
        if each["name"] == TYPO:
            assert text.count("bid-request2") == 1
            text = text.replace("bid-request2", "bid-request-2")
        chain = _chain(each["schain"])
        assert deserialise(text) == chain, each["name"]
        assert serialise(chain) == text, each["name"]


_TEXT = st.text(max_size=12)
_NODES = st.builds(
    Node,
    asi=st.text(min_size=1, max_size=12),
    sid=st.text(min_size=1, max_size=12),
    hp=st.sampled_from([None, 0, 1]),
    rid=_TEXT, name=_TEXT, domain=_TEXT, ext=_TEXT,
)  # fmt: skip


@given(st.builds(Chain, st.lists(_NODES, min_size=1, max_size=4).map(tuple), st.booleans()))
def test_any_chain_comes_back_from_its_text(chain: Chain) -> None:
    assert deserialise(serialise(chain)) == chain


def test_trailing_fields_may_be_left_out() -> None:
    assert deserialise("1.0,1!a.example,7,1").nodes == (Node("a.example", "7", 1),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must begin"),
        ("1.0", "must begin"),
        ("1.0,2!a.example,1,1", "must begin"),
        ("1.0,1", "has no nodes"),
        ("1.0,1!", "node 1 has 1 fields"),
        ("1.0,1!a.example,7", "node 1 has 2 fields"),
        ("1.0,1!a.example,7,1!,7,1", "node 2 lacks its asi or sid"),
        ("1.0,1!a.example,,1", "node 1 lacks its asi or sid"),
        ("1.0,1!a.example,7,yes", "hp must be 0 or 1"),
        ("1.0,1!a.example,7,1,,,,,", "node 1 has 8 fields"),
    ],
)
def test_what_is_no_chain_is_named(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        deserialise(text)

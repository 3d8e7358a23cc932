"""Supply chains: their text form, and `source` of a bid request as it is judged."""

import msgspec

from adserver.openrtb.request import BidRequest
from adserver.openrtb.supply import MAX_NODES, asked
from adserver.supply.chain import Chain, deserialise, serialise
from adserver.supply.index import empty_table
from adserver.supply.judge import PathJudge
from adserver.supply.rules import RULES, Policy
from tests.fuzz.target import Target, corpus

_JUDGE = PathJudge({"x": Policy(actions=dict.fromkeys(RULES, "refuse"))}, empty_table())


def check(data: bytes) -> None:
    """A text is a chain that comes back from its own text, or a `ValueError`; any `source` gets a verdict."""
    try:
        chain = deserialise(data.decode("utf-8", "replace"))
    except ValueError as error:
        assert str(error)
    else:
        assert isinstance(chain, Chain)
        assert deserialise(serialise(chain)) == chain
    question = asked(BidRequest(id="1", source=msgspec.Raw(data)), "x", "site", "pub.example")
    assert question.nodes is None or len(question.nodes) <= MAX_NODES
    verdict = _JUDGE.judge(question)
    assert verdict.reason in verdict.findings
    assert all(each.isprintable() for each in verdict.path.split(">"))


def seeds() -> list[bytes]:
    """Return texts and objects."""
    ours = [
        b"1.0,1!exchange1.com,1234%21abcd,1,bid-request-1,publisher%2c%20Inc.,publisher.com",
        b"1.0,0!a.example,1,1,,,,x!b.example,2,0", b"null", b"{}",
        b'{"schain":{"ver":"1.0","complete":1,"nodes":[{"asi":"a.example","sid":7,"hp":1}]}}',
        b'{"ext":{"schain":{"ver":1.0,"complete":"1","nodes":[{}]}}}',
    ]  # fmt: skip
    return ours + list(corpus("supplychain/schain"))


TARGET = Target(check, seeds)

"""The section `identity`: sources in order, and tokens only with their keys."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from adserver.errors import InvalidConfig
from adserver.settings.identity import Identity
from tests.unit.adapters_identity import oracle
from tests.unit.adapters_identity.oracle import answer, write
from tests.unit.endpoints.desk import Moment

FILES = {"keys": "keys.json", "opt_outs": "out.txt"}


def read(**fields: Any) -> Identity:
    return msgspec.convert(fields, Identity, strict=True)


def test_sources_keep_their_order_and_tokens_are_opened(tmp_path: Path) -> None:
    write(tmp_path / "keys.json", answer())
    opt_outs = write(tmp_path / "out.txt", "")
    section = read(sources=["id5-sync.com", "uidapi.com", "pubcid.org"], uid2=FILES)
    built = section.build(tmp_path, Moment())
    assert list(built.sources) == ["id5-sync.com", "uidapi.com", "pubcid.org"]
    assert [each.kind for each in built.sources.values()] == ["eid:id5-sync.com", "uid2", "eid:pubcid.org"]  # fmt: skip
    opened = built.sources["uidapi.com"].open
    assert opened is not None
    token = oracle.token("v4")
    assert opened(token, "") == oracle.EMAIL
    write(opt_outs, oracle.EMAIL)
    built.poll()
    assert opened(token, "") is None


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"sources": ["Partner.example"]}, "lower case"),
        ({"sources": ["partner"]}, "no host"),
        ({"sources": ["a.example", "a.example"]}, "twice"),
        ({"sources": ["uidapi.com"]}, "need each other"),
        ({"euid": FILES}, "need each other"),
        ({"sources": ["uidapi.com"], "uid2": {"keys": "k"}}, "opt_outs"),
    ],
)
def test_what_cannot_be_meant_is_refused(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=said):
        read(**fields)


def test_a_server_does_not_begin_without_the_keys(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match=r"keys\.json"):
        read(sources=["uidapi.com"], uid2=FILES).build(tmp_path, Moment())
    assert read().build(tmp_path, Moment()).sources == {}

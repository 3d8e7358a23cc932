"""Addresses, passwords, slots and redirections, as Redis's own documents say."""

from binascii import crc_hqx
from pathlib import Path

import msgspec
import pytest

from adapters.profiles.redis_profiles import Config
from adapters.profiles.redis_store import names
from adapters.profiles.redis_store.wire import Address, ReplyError, masters, moved, target
from adserver.errors import InvalidConfig

ASKED = Address("10.0.0.1", 7_000)
SECRET = "a canary that sings"


def test_an_address_is_read_as_others_write_it() -> None:
    assert target(("redis://cache",)).addresses == (Address("cache", 6_379),)
    assert target(("redis://[::1]:7000/2",)).openings == 1
    assert target(("unix:///run/redis.sock?db=3",)).addresses == (Address("/run/redis.sock", 0),)
    assert target(("rediss://cache:7001",)).tls is not None


def test_whoever_has_a_password_says_it_first() -> None:
    where = target(("redis://ada@cache/1",), SECRET)
    assert where.openings == 2
    assert where.opening.startswith(b"*3\r\n$4\r\nAUTH\r\n$3\r\nada\r\n")
    assert target(("redis://cache",), SECRET).opening.startswith(b"*2\r\n$4\r\nAUTH\r\n")
    assert SECRET not in repr(where) + str(where)


@pytest.mark.parametrize(
    ("urls", "cluster", "said"),
    [
        (("http://cache",), False, "is no address"),
        (("redis://",), False, "is no address"),
        (("redis://cache:port",), False, "is no address"),
        (("redis://cache/one",), False, "is no address"),
        ((f"redis://:{SECRET}@cache",), False, "password_file"),
        ((), False, "at least one"),
        (("redis://a", "redis://b"), False, "cluster: true"),
        (("redis://a", "rediss://b"), True, "the same scheme"),
        (("redis://a/1",), True, "database 0"),
        (("unix:///a",), True, "no Unix socket"),
    ],
)
def test_what_is_no_address_is_refused_with_what_to_do(
    urls: tuple[str, ...], said: str, *, cluster: bool
) -> None:
    with pytest.raises(InvalidConfig, match=said) as refusal:
        Config(urls, cluster=cluster).build()
    assert SECRET not in str(refusal.value)
    assert "$.profiles.urls" in str(refusal.value)


def test_a_password_file_is_for_us_alone(tmp_path: Path) -> None:
    file = tmp_path / "password"
    config = Config(("redis://cache",), password_file="password").within(tmp_path)
    with pytest.raises(InvalidConfig, match="cannot be read"):
        config.build()
    file.write_text(SECRET + "\n")
    file.chmod(0o644)
    with pytest.raises(InvalidConfig, match="chmod 600") as refusal:
        config.build()
    assert SECRET not in str(refusal.value)
    file.chmod(0o600)
    config.build()
    assert SECRET not in repr(config)
    file.write_text("\n")
    with pytest.raises(InvalidConfig, match="is empty"):
        config.build()


@pytest.mark.parametrize(
    ("name", "value"),
    [("timeout_ms", 0), ("connect_timeout_ms", 0), ("failures", 33), ("open_ms", 0), ("remembered", -1)],
)  # fmt: skip
def test_a_number_out_of_range_is_refused_by_name(name: str, value: int) -> None:
    with pytest.raises(msgspec.ValidationError, match=rf"\$\.{name}"):
        msgspec.convert({"kind": "redis", "urls": ["redis://cache"], name: value}, Config)


def test_slots_are_those_of_the_cluster_specification() -> None:
    """`123456789` is the specification's own example."""
    assert crc_hqx(b"123456789", 0) == 0x31C3
    assert len(names.SLOT_OF) == names.BUCKETS == len(set(names.MARKS))
    person = bytes.fromhex("a3f00000000000000000000000000000")
    record, choices = names.state(person)
    assert names.mark(person) == b"m:{a3f}"
    assert record == b"p:{a3f}" + person
    assert choices == b"c:{a3f}" + person
    assert names.secret(person) == b"k:{a3f}" + person
    assert names.bucket(person) == 0xA3F


def test_a_map_names_the_master_of_each_bucket() -> None:
    reply = [
        [0, 8_191, [b"10.0.0.2", 7_001, b"id"], [b"10.0.0.9", 7_009, b"replica"]],
        [8_192, 16_000, [b"", 7_002, b"id"]],
    ]
    found = masters(reply, ASKED)
    for slot, master in zip(names.SLOT_OF, found, strict=True):
        if slot <= 8_191:
            assert master == Address("10.0.0.2", 7_001)
        elif slot <= 16_000:
            assert master == Address(ASKED.host, 7_002), "a node without a name means itself"
        else:
            assert master is None


@pytest.mark.parametrize("reply", [None, b"OK", [1], [[0, 1]], [[0, 1, None]]])
def test_what_is_no_map_is_refused(reply: object) -> None:
    with pytest.raises(ValueError, match="no map"):
        masters(reply, ASKED)


def test_errors_that_say_where_to_ask_are_understood() -> None:
    assert moved(ReplyError("MOVED 3999 10.0.0.3:6381"), ASKED) == (
        Address("10.0.0.3", 6_381),
        False,
    )
    assert moved(ReplyError("ASK 3999 10.0.0.3:6381"), ASKED) == (Address("10.0.0.3", 6_381), True)
    assert moved(ReplyError("MOVED 3999 :6381"), ASKED) == (Address(ASKED.host, 6_381), False)
    assert moved(ReplyError("CLUSTERDOWN Hash slot not served"), ASKED) is None

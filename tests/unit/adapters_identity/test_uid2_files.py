"""The files behind UID2 tokens, keys and opt-outs, and what a server does while they change."""

from base64 import b64encode
from pathlib import Path

import pytest

from adapters.identity.uid2 import REMEMBERED, Config, Uid2Tokens
from adapters.identity.uid2_keys import read_keyset
from adapters.identity.uid2_opt_outs import read_opt_outs
from adserver.errors import InvalidConfig
from tests.unit.adapters_identity import oracle
from tests.unit.adapters_identity.oracle import answer, write
from tests.unit.endpoints.desk import Moment, counted


@pytest.mark.parametrize("shape", ["whole", "body"])
def test_the_answer_is_read_whole_or_its_body_alone(tmp_path: Path, shape: str) -> None:
    content = answer() if shape == "whole" else answer()["body"]
    keyset = read_keyset(write(tmp_path / "keys.json", content), "uid2")
    assert keyset.sites == {oracle.SITE: {"news.example", "com.example.app"}}
    assert set(keyset.keys) == {oracle.MASTER, oracle.SITE_KEY}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "no such JSON"),
        ("[]", "Expected `object`"),
        ({"body": {}}, "keys"),
        ({"body": {"keys": []}}, "no keys"),
        (answer("euid"), "another scope"),
        (answer(keys=[{"id": 1, "secret": "c2VjcmV0", "expires": 1}]), "no such JSON"),
        (answer(keys=[{"id": 1, "secret": "hush-hush!", "expires": 1}]), "no such JSON"),
        (answer(keys=[{"id": "x", "secret": "hush", "expires": 1}]), "$.body.keys[0].id"),
        ('{"body":' + "[" * 100_000, "no such JSON"),
    ],
)
def test_keys_that_cannot_be_used_are_refused_without_repeating_them(
    tmp_path: Path, content: object, said: str
) -> None:
    with pytest.raises(InvalidConfig) as refused:
        read_keyset(write(tmp_path / "keys.json", content), "uid2")
    assert said in str(refused.value)
    assert "hush" not in str(refused.value)
    assert "c2VjcmV0" not in str(refused.value)


def test_files_that_others_may_read_are_refused(tmp_path: Path) -> None:
    for mode in (0o644, 0o640, 0o606):
        with pytest.raises(InvalidConfig, match="chmod 600"):
            read_keyset(write(tmp_path / "keys.json", answer(), mode), "uid2")
        with pytest.raises(InvalidConfig, match="chmod 600"):
            read_opt_outs(write(tmp_path / "out.txt", oracle.EMAIL, mode))


OTHERS = [b64encode(bytes([number]) * 32).decode() for number in range(3)]


def test_opt_outs_are_one_a_line_perhaps_with_a_time(tmp_path: Path) -> None:
    text = f"# who left\n{oracle.EMAIL} 1790000000\n\n{oracle.PHONE},1790000001\n{oracle.EMAIL}\n"
    found = read_opt_outs(write(tmp_path / "out.txt", text))
    assert len(found.ends) == 1  # the same last bytes: a phone's id and an address's in this test
    assert found.spare(oracle.EMAIL)
    assert found.spare(oracle.PHONE)
    assert not found.spare(OTHERS[0])
    with pytest.raises(InvalidConfig, match=r"out.txt: line 2"):
        read_opt_outs(write(tmp_path / "out.txt", f"{oracle.EMAIL}\nnonsense\n"))


def test_of_a_file_that_grew_only_the_new_lines_are_read(tmp_path: Path) -> None:
    one, two, three = OTHERS
    path = tmp_path / "out.txt"
    first = read_opt_outs(write(path, f"{one}\n"))
    second = read_opt_outs(write(path, f"{one}\n{two}"), first)
    assert second.ends is first.ends
    assert [second.spare(each) for each in OTHERS] == [True, True, False]
    third = read_opt_outs(write(path, f"{one}\n{two}\n{three}\n"), second)
    assert third.ends is first.ends
    assert all(third.spare(each) for each in OTHERS)
    with pytest.raises(InvalidConfig, match="newest lines"):
        read_opt_outs(write(path, f"{one}\n{two}\n{three}\nnonsense\n"), third)
    anew = read_opt_outs(write(path, f"{three}\n{two}\n"), third)
    assert [anew.spare(each) for each in OTHERS] == [False, True, True]
    assert not any(read_opt_outs(write(path, ""), anew).spare(each) for each in OTHERS)


class Desk:
    """A reader with its files and a clock."""

    def __init__(self, folder: Path, opt_outs: str = "") -> None:
        self.clock = Moment()
        self.keys = write(folder / "keys.json", answer())
        self.opt_outs = write(folder / "out.txt", opt_outs)
        config = Config(keys="keys.json", opt_outs="out.txt")
        self.tokens: Uid2Tokens = config.build(folder, "uid2", self.clock)

    def read(self, token: str) -> str | None:
        """Read a token that shows up on the site that it was made for."""
        return self.tokens.read(token, "news.example")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_token_is_opened_once_and_judged_every_time(desk: Desk) -> None:
    token = oracle.token("v4")
    before = counted("adserver_uid2_tokens", scope="uid2", outcome="used")
    assert [desk.read(token) for _ in range(3)] == [oracle.EMAIL] * 3
    assert counted("adserver_uid2_tokens", scope="uid2", outcome="used") == before + 3
    expired = counted("adserver_uid2_tokens", scope="uid2", outcome="expired")
    desk.clock.now_s += 3_601
    assert desk.read(token) is None
    assert counted("adserver_uid2_tokens", scope="uid2", outcome="expired") == expired + 1


def test_what_is_remembered_is_bounded(desk: Desk) -> None:
    for number in range(2 * REMEMBERED + 10):
        desk.read(f"{number:x}")
    assert len(desk.tokens._young) + len(desk.tokens._old) <= 2 * REMEMBERED


def test_an_opt_out_holds_as_soon_as_it_is_written(desk: Desk) -> None:
    token = oracle.token("v4")
    assert desk.read(token) == oracle.EMAIL
    write(desk.opt_outs, f"{oracle.EMAIL}\n")
    desk.tokens.poll()
    assert desk.read(token) is None
    write(desk.opt_outs, "")
    desk.tokens.poll()
    assert desk.read(token) == oracle.EMAIL


@pytest.mark.parametrize("trouble", ["damaged", "gone", "open to all"])
def test_opt_outs_that_cannot_be_read_may_be_anybodys(desk: Desk, trouble: str) -> None:
    if trouble == "damaged":
        write(desk.opt_outs, "nonsense\n")
    elif trouble == "gone":
        desk.opt_outs.unlink()
    else:
        desk.opt_outs.chmod(0o644)
    desk.tokens.poll()
    assert desk.read(oracle.token("v4")) is None
    write(desk.opt_outs, "")
    desk.tokens.poll()
    assert desk.read(oracle.token("v4")) == oracle.EMAIL


def test_new_keys_are_used_at_once_and_damaged_ones_not_at_all(desk: Desk) -> None:
    token = oracle.token("v4")
    body = answer()["body"]
    write(desk.keys, {"body": body | {"keys": body["keys"][:1]}})
    desk.tokens.poll()
    assert desk.read(token) is None
    write(desk.keys, "damaged")
    desk.tokens.poll()
    assert desk.read(token) is None
    write(desk.keys, answer())
    desk.tokens.poll()
    assert desk.read(token) == oracle.EMAIL
    write(desk.keys, "damaged again")
    desk.tokens.poll()
    assert desk.read(token) == oracle.EMAIL


def test_a_server_does_not_begin_with_files_that_it_cannot_read(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match=r"keys\.json"):
        Config(keys="keys.json", opt_outs="out.txt").build(tmp_path, "uid2", Moment())
    write(tmp_path / "keys.json", answer())
    with pytest.raises(InvalidConfig, match=r"out\.txt"):
        Config(keys="keys.json", opt_outs="out.txt").build(tmp_path, "uid2", Moment())

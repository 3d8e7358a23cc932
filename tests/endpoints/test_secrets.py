"""A planted key is searched for in all that the server and its commands say or write: it stands in its file alone."""

import traceback
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from adserver.__main__ import main
from adserver.domain.person import pseudonymiser
from adserver.endpoints.keys import KeyFile, load_keys
from adserver.errors import InvalidConfig
from tests.endpoints.catalogs import one_banner
from tests.endpoints.conftest import Make
from tests.endpoints.server import Server
from tests.endpoints.wire import person, request
from tests.unit.endpoints.desk import Moment

CANARY = b"a canary that sings in a key..!!"
HEX = CANARY.hex()
SPELLINGS = tuple(
    each.encode() if isinstance(each, str) else each
    for each in (
        CANARY[:9], HEX[:16], HEX[:16].upper(), HEX[20:36], str(list(CANARY[:5]))[1:-1],
        b64encode(CANARY)[:12], urlsafe_b64encode(CANARY)[:12], str(int.from_bytes(CANARY, "big"))[:20],
    )
)  # fmt: skip
COMMANDS = (
    ("check",), ("doctor",), ("report",), ("keys", "list"), ("keys", "rotate", "--after", "0"),
    ("keys", "retire", "1"), ("keys", "retire", "99"), ("reload",), ("train", "ctr"), ("segments",),
)  # fmt: skip
BROKEN = {
    "a word more": f"1 {HEX} 2026-01-01T00:00:00Z more\n",
    "no id": f"{HEX}\n",
    "an id of letters": f"one {HEX}\n",
    "an id too high": f"999 {HEX}\n",
    "a digit less": f"1 {HEX[:-1]}\n",
    "no moment": f"1 {HEX} {HEX}\n",
    "an id twice": f"1 {HEX}\n1 {HEX}\n",
    "no ASCII": f"1 {HEX}\u00e9\n",
}


def singing(said: bytes | str) -> list[bytes]:
    """Return the spellings of the secret that are in what was said."""
    raw = said.encode("utf-8", "surrogateescape") if isinstance(said, str) else said
    return [each for each in SPELLINGS if each in raw]


def plant(file: Path, text: str = f"1 {HEX}\n", mode: int = 0o600) -> None:
    """Write a key file."""
    file.write_text(text, "utf-8")
    file.chmod(mode)


@pytest.fixture
def server(make: Make) -> Iterator[Server]:
    """Serve with the planted key for tokens and for people."""
    server = make(one_banner(), workers=1)
    server.state.mkdir(mode=0o700)
    for name in ("token.keys", "person.key"):
        plant(server.state / name)
    yield server.start()
    for name in ("token.keys", "person.key"):
        assert CANARY.hex() in (server.state / name).read_text("utf-8")  # nobody replaced it


def test_nothing_that_is_said_or_written_holds_a_key(
    server: Server, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with server.client() as client:
        bid = client.bid(request(**person("ada"))).bid()
        said = [str(bid)]
        token = bid["nurl"].partition("/n/win/")[2].partition("?")[0]
        for path in (
            f"/n/win/{token}?p=1",
            f"/n/win/{token[:-4]}AAAA",
            f"/t/click/{token}",
            "/c/tents?order=1",
        ):
            reply = client.call("GET", path)
            said.append(f"{reply.headers}{reply.body!r}")
    asked = b'{"id": "1", "imp": [{"id": "1", "banner": {"w": 300, "h": 250}}]}'
    private = ("/metrics", "/metrics/owner", "/report", "/healthz", "/readyz")
    said += [server.private("GET", path).body.decode() for path in private]
    said.append(server.private("POST", "/explain", asked).body.decode())
    (tmp_path / "request.json").write_bytes(asked)
    for words in (*COMMANDS, ("explain", str(tmp_path / "request.json"))):
        for extra in ((), ("--json",)):
            main([*words, "-c", str(server.settings_file), *extra])
            said += list(capfd.readouterr())
    for pid in (server.pid(), server.owner_pid(), server.worker_pid(0)):
        for name in ("cmdline", "environ"):
            said.append(Path(f"/proc/{pid}/{name}").read_bytes().decode("utf-8", "replace"))
    said.append(server.text())
    assert [(text[:300], found) for text in said if (found := singing(text))] == []
    written = [
        (file.name, found)
        for file in server.folder.rglob("*")
        if file.is_file() and file.name not in {"token.keys", "person.key"}
        if (found := singing(file.read_bytes()))
    ]
    assert written == []


def test_a_start_with_a_damaged_key_file_does_not_repeat_it(server: Server) -> None:
    server.stop()
    plant(server.state / "token.keys", BROKEN["a word more"])
    assert not singing(server.fails())
    plant(server.state / "token.keys")


@pytest.mark.parametrize("name", BROKEN)
def test_a_damaged_key_file_is_refused_without_repeating_it(tmp_path: Path, name: str) -> None:
    plant(tmp_path / "token.keys", BROKEN[name])
    _refused(tmp_path / "token.keys")


def test_what_others_may_read_is_refused_without_repeating_it(tmp_path: Path) -> None:
    plant(tmp_path / "token.keys", mode=0o640)
    _refused(tmp_path / "token.keys")


def _refused(file: Path) -> None:
    with pytest.raises(InvalidConfig) as refusal:
        load_keys(file)
    assert not singing("".join(traceback.format_exception(refusal.value)))


def test_what_objects_say_of_themselves_holds_no_key(tmp_path: Path) -> None:
    path = tmp_path / "token.keys"
    plant(path)
    keys, file = load_keys(path), KeyFile(path, Moment())
    for each in (keys, keys[0], file, file.vault, pseudonymiser(keys[0].secret)):
        assert not singing(f"{each!r} {each!s} {vars(each) if hasattr(each, '__dict__') else ''}")

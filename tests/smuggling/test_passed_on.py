"""What nginx and haproxy, with the files we give to operators, pass on of what a stranger says."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest

from tests.endpoints.client import Client
from tests.endpoints.server import free_ports
from tests.smuggling.proxies import FRONTS

ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"
SPOOFED = b"198.51.100.6"
HEADERS = {
    "X_Forwarded_For": SPOOFED.decode(), "Upgrade": "h2c", "HTTP2_Settings": "AAMA",
    "Connection": "Upgrade, HTTP2-Settings", "Content_Encoding": "gzip", "User_Agent": "mine",
}  # fmt: skip


class Listener:
    """Stands where the server would, and keeps what comes."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_server(("127.0.0.1", port))
        self.lines = 0
        self.heads: list[bytes] = []
        Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self._socket.close()

    def _listen(self) -> None:
        while True:
            try:
                line, _ = self._socket.accept()
            except OSError:  # closed
                return
            self.lines += 1
            Thread(target=self._answer, args=(line,), daemon=True).start()

    def _answer(self, line: socket.socket) -> None:
        heard = b""
        with line:
            while chunk := line.recv(65_536):
                heard += chunk
                while b"\r\n\r\n" in heard:  # the requests here have no body
                    head, _, heard = heard.partition(b"\r\n\r\n")
                    self.heads.append(head.lower())
                    line.sendall(ANSWER)


@contextmanager
def _listening(port: int) -> Iterator[Listener]:
    listener = Listener(port)
    try:
        yield listener
    finally:
        listener.close()


@pytest.mark.parametrize("front", FRONTS)
def test_the_clients_word_of_its_address_is_replaced_and_nothing_is_upgraded(
    front: str, tmp_path: Path
) -> None:
    port, _ = free_ports(1)
    with _listening(port) as listener, FRONTS[front](tmp_path, port) as proxy:
        for _ in range(20):
            with Client(proxy.port) as client:
                assert client.call("GET", "/t/impression/x", None, **HEADERS).status == 204
    assert len(listener.heads) == 20
    assert listener.lines <= 2
    for head in listener.heads:
        lines = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:])
        assert len(lines) == len(head.split(b"\r\n")) - 1
        assert lines[b"x-forwarded-for"] == b"127.0.0.1"
        assert lines[b"user-agent"] == b"mine"
        assert lines[b"content-encoding"] == b"gzip"
        assert head.startswith(b"get /t/impression/x http/1.1\r\n")
        assert b"upgrade" not in lines
        assert b"upgrade" not in lines.get(b"connection", b"")
        assert SPOOFED not in head


@pytest.mark.parametrize("front", FRONTS)
def test_without_a_server_there_is_an_answer_and_with_it_again_another(
    front: str, tmp_path: Path
) -> None:
    port, _ = free_ports(1)
    with FRONTS[front](tmp_path, port) as proxy:
        with Client(proxy.port) as client:
            assert client.call("GET", "/x").status in {502, 503}
        with _listening(port), Client(proxy.port) as client:
            assert client.call("GET", "/x").status == 204

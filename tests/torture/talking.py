"""One request on a line of its own, to its end."""

import re
import socket
from contextlib import suppress

_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3}) ")


def talk(port: int, data: bytes, patience_s: float) -> int:
    """Send bytes and return the status of the answer, or 0 if the line was closed without one."""
    heard = b""
    with socket.create_connection(("127.0.0.1", port), patience_s) as line:
        with suppress(ConnectionError):  # it may close before all was said
            line.sendall(data)
        with suppress(ConnectionError):
            while not _STATUS.match(heard):
                chunk = line.recv(65_536)
                if not chunk:
                    break
                heard += chunk
    found = _STATUS.match(heard)
    return int(found[1]) if found else 0

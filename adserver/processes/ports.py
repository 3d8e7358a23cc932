"""Listening sockets: bound once, by the supervisor, for as long as it lives."""

import errno
import socket

from adserver.errors import Fault, InvalidConfig

BACKLOG = 4_096


def bind(host: str, port: int, path: str) -> socket.socket:
    """Return a listening socket. Raises `InvalidConfig` naming the setting `path` if it cannot be had.

    No `SO_REUSEPORT`: with it a second server would bind the same port without an error.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        why = (
            "is in use by another process; stop it or choose another port"
            if error.errno == errno.EADDRINUSE
            else f"cannot be bound: {error.strerror}"
        )
        raise InvalidConfig([Fault("settings", path, f"{host}:{port} {why}")]) from error
    listener.set_inheritable(False)
    listener.setblocking(False)  # noqa: FBT003 - the standard library's signature
    return listener

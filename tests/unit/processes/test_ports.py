"""Listening sockets."""

import socket

import pytest

from adserver.errors import InvalidConfig
from adserver.processes.ports import bind


def test_a_bound_port_listens_does_not_block_and_is_not_inherited() -> None:
    with bind("127.0.0.1", 0, "$.http.port") as listener:
        assert not listener.getblocking()
        assert not listener.get_inheritable()
        assert not listener.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT)
        with socket.create_connection(listener.getsockname(), timeout=1):
            pass


def test_a_port_in_use_names_its_setting_and_what_to_do() -> None:
    with bind("127.0.0.1", 0, "$.http.port") as first:
        port = first.getsockname()[1]
        with pytest.raises(InvalidConfig) as caught:
            bind("127.0.0.1", port, "$.http.private_port")
    (fault,) = caught.value.faults
    assert fault.path == "$.http.private_port"
    assert fault.message.startswith(f"127.0.0.1:{port} is in use by another process")


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid", "1.2.3.4.5"])
def test_an_address_that_is_not_ours_is_a_fault_of_the_settings(host: str) -> None:
    with pytest.raises(InvalidConfig, match="cannot be bound"):
        bind(host, 0, "$.http.host")


def test_the_port_is_free_again_at_once() -> None:
    with bind("127.0.0.1", 0, "$.http.port") as first:
        port = first.getsockname()[1]
    with bind("127.0.0.1", port, "$.http.port"):
        pass

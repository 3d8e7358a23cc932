"""nginx and haproxy in front of a server, with the very files that we give to operators, other ports apart."""

import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from tests.endpoints.server import ROOT, free_ports, wait
from tests.lacking import missing

START_S = 5.0
_NGINX = """\
daemon off;
worker_processes 1;
pid nginx.pid;
error_log stderr;
events {}
http {
    client_body_temp_path body; proxy_temp_path proxy;
    fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
    log_format forwarded '$upstream_addr $request';
    include adserver.conf;
}
"""


class Proxy(NamedTuple):
    """A front, and what it says it passed on."""

    port: int
    log: Path

    def passed_on(self, order: str) -> bool:
        """Tell whether the front passed on a request of its own whose target names the order."""
        lines = self.log.read_text("utf-8", "replace").splitlines()
        return any(f"/c/tents?order={order}" in line and "127.0.0.1:" in line for line in lines)


@contextmanager
def nginx(folder: Path, server: int) -> Iterator[Proxy]:
    """Start nginx in a folder in front of a port."""
    program = _program("nginx", "/usr/sbin/nginx")
    port, _ = free_ports(1)
    log = folder / "forwarded.log"
    log.touch()
    changes = {
        "listen 80;": f"listen 127.0.0.1:{port};",
        "server 127.0.0.1:8080;": f"server 127.0.0.1:{server};",
        "access_log off;": f"access_log {log} forwarded;",
    }
    (folder / "adserver.conf").write_text(_filled("nginx.conf.example", changes), "utf-8")
    (folder / "nginx.conf").write_text(_NGINX, "utf-8")
    words = [program, "-p", str(folder), "-e", "stderr", "-c", "nginx.conf"]
    with _running(words, port, folder / "front.log"):
        yield Proxy(port, log)


@contextmanager
def haproxy(folder: Path, server: int) -> Iterator[Proxy]:
    """Start haproxy in a folder in front of a port."""
    program = _program("haproxy", "/usr/sbin/haproxy")
    port, _ = free_ports(1)
    config = folder / "haproxy.cfg"
    changes = {
        "maxconn 20000": "maxconn 200",  # who runs tests may not open many files
        "bind :80\n": f"bind 127.0.0.1:{port}\n",
        "127.0.0.1:8080": f"127.0.0.1:{server}",
        "no log\n": 'log stdout format raw local0\n    log-format "%si:%sp %{+Q}r"\n',
    }
    config.write_text(_filled("haproxy.cfg.example", changes), "utf-8")
    log = folder / "front.log"
    with _running([program, "-db", "-f", str(config)], port, log):
        yield Proxy(port, log)


FRONTS = {"nginx": nginx, "haproxy": haproxy}


def _program(name: str, usual: str) -> str:
    """Return where a program is; without it the test skips, but on CI it fails."""
    found = shutil.which(name) or (usual if Path(usual).exists() else None)
    if found is None:
        missing(f"{name} is not installed: nothing to stand behind (apt-get install {name})")
    return found


def _filled(name: str, changes: Mapping[str, str]) -> str:
    text = (ROOT / "deploy" / name).read_text("utf-8")
    for old, new in changes.items():
        assert text.count(old) == 1, f"{name} must say `{old.strip()}` once"
        text = text.replace(old, new)
    return text


@contextmanager
def _running(words: list[str], port: int, log: Path) -> Iterator[None]:
    with log.open("wb") as file:
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=file, stderr=file)  # noqa: S603 - ours
    try:
        wait(lambda: _answers(port, process, log), START_S, log.read_text)
        yield
    finally:
        process.terminate()
        process.wait(START_S)


def _answers(port: int, process: "subprocess.Popen[bytes]", log: Path) -> bool:
    assert process.poll() is None, log.read_text()
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.5):
        return True
    return False

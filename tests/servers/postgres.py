"""A real PostgreSQL on a free port, with a disk that is synced: started, frozen, killed and started again by tests."""

import asyncio
import atexit
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

import asyncpg

from tests.endpoints.server import free_ports, wait
from tests.lacking import missing

LACKING = "no initdb on this machine; Debian's package is `postgresql`"
START_S = 30.0
USER, PASSWORD, DATABASE = "adserver", "not so secret", "postgres"


def binaries() -> Path | None:
    """Return the folder of PostgreSQL's programs; Debian keeps most of them out of the path."""
    for folder in (*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True), None):
        found = shutil.which("initdb", path=None if folder is None else str(folder))
        if found is not None:
            return Path(found).resolve().parent
    return None


def needed() -> Path:
    """Return that folder; without it skip the test, or fail it where everything must be there."""
    found = binaries()
    if found is None:
        missing(LACKING)
    return found


class PostgresServer:
    """One server with its data in a folder; it never runs as root, since it refuses to."""

    def __init__(self, folder: Path, *options: str) -> None:
        """It does not run yet; `options` are settings like `fsync=off`."""
        self._programs = needed()
        self.port = free_ports(1)[0]
        self.url = f"postgresql://{USER}@127.0.0.1:{self.port}/{DATABASE}"
        self.folder = folder
        self.password_file = folder / "password"
        self.log = folder / "log"
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None
        self.password_file.write_text(PASSWORD, "utf-8")
        self.password_file.chmod(0o600)
        self.give_away(folder)
        self.give_away(self.password_file)
        self._run(
            "initdb", "--pgdata", str(folder / "data"), "--username", USER, "--encoding", "UTF8",
            "--auth", "scram-sha-256", "--pwfile", str(self.password_file), "--no-sync",
        ).wait(START_S)  # fmt: skip
        assert (folder / "data" / "PG_VERSION").exists(), self.log.read_text("utf-8")

    def start(self) -> "PostgresServer":
        """Start and wait until it answers."""
        settings = (
            f"port={self.port}", "listen_addresses=127.0.0.1", f"unix_socket_directories={self.folder}",
            "shared_buffers=16MB", "max_connections=20", "fsync=on", *self._options,
        )  # fmt: skip
        words = [word for each in settings for word in ("-c", each)]
        self._process = self._run("postgres", "-D", str(self.folder / "data"), *words)
        wait(self._answers, START_S, lambda: self.log.read_text("utf-8"))
        return self

    def execute(self, *statements: str) -> list[Any]:
        """Run statements as the administrator, and return the rows of the last."""

        async def run(connection: Any) -> list[Any]:
            rows: list[Any] = []
            for each in statements:
                rows = await connection.fetch(each)
            return rows

        return self._asked(run)

    def freeze(self) -> None:
        """Stop it without ending it: it accepts connections and says nothing."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """End all its processes at once, as a power cut does."""
        if self._process is None:
            return
        processes = self._signal(signal.SIGKILL)
        self._process.wait()
        self._process = None
        wait(lambda: not any(map(_lives, processes)), START_S)

    def stop(self) -> None:
        """End it in good order, without waiting for its clients."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(START_S)
            self._process = None

    def _signal(self, number: int) -> list[int]:
        """Send it to all its processes, and return them."""
        assert self._process is not None
        parent = self._process.pid  # it first: it would replace a child that died
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text("ascii")
        processes = [parent, *map(int, children.split())]
        for each in processes:
            with suppress(ProcessLookupError):  # a child that ended by itself meanwhile
                os.kill(each, number)
        return processes

    def _run(self, program: str, *words: str) -> "subprocess.Popen[bytes]":
        # As nobody, if we are root.
        other: dict[str, Any] = {}
        if os.geteuid() == 0:
            other = {"user": "nobody", "group": "nogroup", "extra_groups": []}
        with self.log.open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - Debian's programs, our own arguments
                [str(self._programs / program), *words],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=self.folder,
                env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}, **other,
            )  # fmt: skip

    def give_away(self, path: Path) -> None:
        """Let the server own a file."""
        if os.geteuid() == 0:
            shutil.chown(path, "nobody", "nogroup")

    def _asked(self, question: Callable[[Any], Coroutine[Any, Any, list[Any]]]) -> list[Any]:
        async def asked() -> list[Any]:
            connection = await asyncpg.connect(
                host="127.0.0.1", port=self.port, user=USER, password=PASSWORD,
                database=DATABASE, ssl=False, timeout=5, command_timeout=5,
            )  # fmt: skip
            try:
                return await question(connection)
            finally:
                await connection.close()

        # The caller's loop may be running; this one ends before it goes on.
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(asyncio.run, asked()).result()

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log.read_text("utf-8")
        try:
            return bool(self.execute("SELECT 1"))
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False


@contextmanager
def postgres_server(*options: str) -> Iterator[PostgresServer]:
    """Run one server; its data goes away with it."""
    needed()
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder:
        server = PostgresServer(Path(folder), *options)
        try:
            yield server.start()
        finally:
            server.kill()


@cache
def shared_server() -> PostgresServer:
    """Return a server that lives as long as the tests of this process; take a schema of your own."""
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(postgres_server())


def _lives(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state != "Z"

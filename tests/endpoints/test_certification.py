"""Our own server passes the acceptance tests that it ships, by the command that users type."""

import json
import subprocess
import sys
from pathlib import Path

from tests.endpoints.client import EXCHANGE
from tests.endpoints.server import BASE_URL, ROOT, Server


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "adserver", "certify", *map(str, arguments)]
    return subprocess.run(  # noqa: S603 - our own command
        words, cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_ours_is_certified_and_everything_is_shown(generous: Server, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    url = f"http://127.0.0.1:{generous.port}/openrtb2/{EXCHANGE}"
    done = run(url, "--public-url", BASE_URL, "--json", "--html", page)
    told = json.loads(done.stdout)
    assert [each for each in told["checks"] if each["verdict"] != "passed"] == []
    assert done.returncode == 0
    assert "0 failed" in page.read_text("utf-8")


def test_nobody_there_is_said_so() -> None:
    done = run("http://127.0.0.1:1/openrtb2/x")
    assert done.returncode == 1
    assert "does not answer" in done.stderr
    assert run("ftp://x").returncode == 2

"""axe-core, the usual judge of accessible pages: fetched from npm in a pinned version, and never kept here."""

import os
import shutil
import subprocess
import tarfile
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Any

from playwright.async_api import Page

from tests.lacking import missing

VERSION = "4.14.1"
DIGEST = "e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745"
PLACE = Path(__file__).parents[2] / ".venv" / "oracles" / f"axe-core-{VERSION}.js"
FETCHING_S = 120
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
_RUN = """async only => {
  const found = await axe.run(document, { runOnly: only, resultTypes: ["violations"] });
  return found.violations.map(each => `${each.id}: ${each.nodes.map(node => node.target + " " + node.failureSummary)}`);
}"""


def script() -> str:
    """Return the library's source, fetched the first time."""
    if not PLACE.exists():
        _fetch()
    return PLACE.read_text("utf-8")


async def violations(page: Page, source: str, *rules: str) -> list[Any]:
    """Return what axe finds wrong with a page: by the named rules, or by WCAG 2.2 AA and good practice."""
    await page.evaluate(source)
    only = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": TAGS}
    found: list[Any] = await page.evaluate(_RUN, only)
    return found


def _fetch() -> None:
    npm = shutil.which("npm")
    if npm is None:
        missing("npm is not installed: axe-core comes from there")
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(  # noqa: S603 - a program of the system
            [npm, "pack", f"axe-core@{VERSION}", "--silent"],
            cwd=folder, capture_output=True, text=True, timeout=FETCHING_S, check=False,
            env=os.environ | {"npm_config_update_notifier": "false"},
        )  # fmt: skip
        archive = Path(folder) / f"axe-core-{VERSION}.tgz"
        if done.returncode or not archive.exists():
            missing(f"npm could not fetch axe-core: {done.stderr.strip()[-300:]}")
        assert sha256(archive.read_bytes()).hexdigest() == DIGEST, (
            "this is not the axe-core we know"
        )
        with tarfile.open(archive) as opened:
            member = opened.extractfile("package/axe.min.js")
            assert member is not None
            text = member.read()
    PLACE.parent.mkdir(parents=True, exist_ok=True)
    fresh = PLACE.with_name(f"{PLACE.name}.{os.getpid()}")
    fresh.write_bytes(text)
    fresh.replace(PLACE)  # tests run side by side

"""What must not be in the repository: registries, paths of somebody's machine, secrets."""

import re
import subprocess

import pytest

from tests.architecture.sources import ROOT

FORBIDDEN = {
    # Written in halves, so that this file does not find itself.
    "a package registry's address": re.compile(
        r"pypi\.or" r"g|pythonhosted\.or" r"g|registry\.npmj" r"s|index-ur" r"l\s*="
    ),
    "a path of one machine": re.compile(
        r"(?<![\w./{}>-])/(?:work|home|root|Users)" r"/(?!\.\.)[A-Za-z0-9_.-]+"
    ),
    "a private key": re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KE" r"Y-----"),
    "an access key": re.compile(
        r"\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36}|xox[baprs]-[A-Za-z0-9-]{10,}|sk-[A-Za-z0-9]{32,})\b"
    ),
    "a secret in plain text": re.compile(
        r"""(?i)\b(?:password|passwd|api_?key|secret_?key|access_?token)\b['"]?\s*[:=]\s*['"][^'"\s{}$<]{8,}['"]"""
    ),
}


def _tracked() -> list[str]:
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - git is where PATH says
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listing.returncode:
        pytest.skip("not a git repository: nobody can tell what is tracked")
    return [name for name in listing.stdout.decode().split("\0") if name]


def test_tracked_files_hold_no_registry_no_machine_path_and_no_secret() -> None:
    found = []
    for name in _tracked():
        path = ROOT / name
        if not path.is_file():
            continue  # deleted, and not yet committed
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # pictures and compiled test data
        for what, pattern in FORBIDDEN.items():
            found += [f"{name}: {what}: {hit.group(0)[:60]}" for hit in pattern.finditer(text)]
    assert found == []


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("a package registry's address", "https://pypi." + "org/project"),
        ("a path of one machine", "see /" + "home/somebody/notes"),
        ("a private key", "-----BEGIN RSA PRIVATE " + "KEY-----"),
        ("an access key", "AKIA" + "ABCDEFGHIJKLMNOP"),
        ("a secret in plain text", 'password = "hunter' + '2-and-more"'),
    ],
)
def test_each_would_be_found(what: str, text: str) -> None:
    assert FORBIDDEN[what].search(text)


def test_no_tracked_file_is_large() -> None:
    """The repository holds source; data comes from elsewhere."""
    large = [n for n in _tracked() if (ROOT / n).is_file() and (ROOT / n).stat().st_size > 400_000]
    assert large == []

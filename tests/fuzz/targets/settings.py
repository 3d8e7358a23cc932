"""The settings file."""

from adserver.config import load_settings
from adserver.errors import InvalidConfig
from tests.fuzz.target import ROOT, Target, scratch

_file = scratch() / "server.yaml"


def check(data: bytes) -> None:
    """Settings that can be used, or `InvalidConfig` with a place for each fault."""
    _file.write_bytes(data)
    try:
        loaded = load_settings(_file)
    except InvalidConfig as refusal:
        assert refusal.faults
        return
    assert len(loaded.terms) == len(loaded.settings.exchanges)
    assert loaded.rates.knows(loaded.settings.currency)


def seeds() -> list[bytes]:
    """Return the demo's settings, and all kinds of values."""
    return [
        (ROOT / "examples/demo/server.yaml").read_bytes().replace(b"privacy: privacy.yaml\n", b""),
        b"campaigns: {kind: yaml, path: campaigns}\nworkers: 2\nrates: {EUR: 0.92}\nexchanges:\n- name: north\n  max_cpm: 5\n  keep_percent: .nan\n",
        b"campaigns: {kind: yaml, path: c}\nhttp: {port: 0x1F, base_url: 'http://[::1]:80/'}\nguard: {hourly_ceiling: 1e9}\nprofiles: {kind: lmdb, path: p}\n",
        b"a: &a [1]\nb: *a\n? {x: 1}\n: 2\n!!python/object:os.system {}\n2020-01-01: 1:30\n",
        *(b"workers: %b\n" % odd for odd in (b"!!bool maybe", b"!!timestamp x", b"2020-13-45", b"0x_", b"!!int x", b"1" * 4_000, b"'\xff'")),
    ]  # fmt: skip


TARGET = Target(check, seeds)

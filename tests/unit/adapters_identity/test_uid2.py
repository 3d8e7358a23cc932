"""UID2 and EUID tokens: read as UID2's own SDK reads them, and stricter where its other SDKs are."""

import json
import os
from base64 import b64decode, b64encode
from pathlib import Path
from random import Random

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from adapters.identity.uid2_keys import Key, Keyset, Scope, read_keyset
from adapters.identity.uid2_tokens import Opened, Refusal, judge, open_token
from tests.unit.adapters_identity import oracle
from tests.unit.adapters_identity.oracle import NOW_S, VERSIONS, answer, write

SCOPES: tuple[Scope, ...] = ("uid2", "euid")


@pytest.fixture
def keyset(tmp_path: Path) -> Keyset:
    return read_keyset(write(tmp_path / "keys.json", answer()), "uid2")


def ours(token: str, keyset: Keyset, now_s: float = NOW_S, place: str = "") -> str | None:
    found = open_token(token, keyset)
    if isinstance(found, Refusal) or judge(found, keyset, now_s, place) is not None:
        return None
    return found.raw


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("raw", [oracle.EMAIL, oracle.PHONE])
def test_whole_tokens_are_read_as_the_official_sdk_reads_them(
    tmp_path: Path, version: str, scope: Scope, raw: str
) -> None:
    token = oracle.token(version, raw, scope=scope)
    keyset = read_keyset(write(tmp_path / "keys.json", answer(scope)), scope)
    assert ours(token, keyset) == raw == oracle.opened(token, scope)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("generated_s", "expires_s"),
    [
        (-60, 3_600), (-60, 0), (-60, -1), (-3_600, -3_599), (0, 3 * 86_400), (0, 3 * 86_400 + 1),
        (-86_400, 2 * 86_400), (-86_400, 2 * 86_400 + 60), (1_800, 3_600), (1_801, 3_600), (60, 3 * 86_400),
    ],
)  # fmt: skip
def test_expiry_lifetime_and_clock_skew_are_judged_as_the_sdk_judges_them(
    keyset: Keyset, version: str, generated_s: int, expires_s: int
) -> None:
    token = oracle.token(version, generated_s=NOW_S + generated_s, expires_s=NOW_S + expires_s)
    assert ours(token, keyset) == oracle.opened(token)


@pytest.mark.parametrize("version", VERSIONS)
def test_damaged_tokens_are_refused_whenever_the_sdk_refuses_them(
    keyset: Keyset, version: str
) -> None:
    """Never an id where it has none, never another one; whatever is wrong, nothing is raised."""
    dice = Random(version)
    whole = oracle.token(version)
    agreed = 0
    for _ in range(4_000):
        token = _damaged(whole, dice)
        read = ours(token, keyset)
        if read is not None:
            assert read == oracle.opened(token)
            agreed += 1
    # What differs in the spare bits of the last letter, or in a letter that changed to itself, is the same token.
    assert agreed < 400


def _damaged(token: str, dice: Random) -> str:
    """Return a token with something wrong: letters, bits, its length."""
    at = dice.randrange(len(token))
    match dice.randrange(5):
        case 0:
            return token[:at] + dice.choice("AZaz09+/-_=!é\0 ") + token[at + 1 :]
        case 1:
            return token[:at]
        case 2:
            return token + dice.choice(["=", "A", "AAAA", "\n"])
        case 3:
            return token[:at] + token[at + 1 :]
    text = token.translate(str.maketrans("-_", "+/"))
    content = bytearray(b64decode(text + "=" * (-len(text) % 4)))
    content[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
    written = b64encode(content).decode()
    return written if "=" in token or "+" in token or "/" in token else written.rstrip("=")


def test_tokens_of_the_corpus_lead_to_the_published_ids() -> None:
    root = os.environ.get("ADSERVER_CORPUS")
    if root is None:
        assert os.environ.get("CI") != "true", "CI needs ADSERVER_CORPUS"
        pytest.skip("ADSERVER_CORPUS is not set")
    found = json.loads(Path(root, "supplychain/ids/uid2_token_vectors.json").read_text())
    keys = {}
    for each in found["keys"].values():
        secret = bytes.fromhex(each["secret_hex"])
        keys[each["id"]] = Key(secret, AESGCM(secret))
    keyset = Keyset("uid2", keys, 1 << 40, 1 << 40, 1 << 40, {})
    cross = found["cross_platform_v4"]
    assert ours(cross["advertising_token"], keyset) == cross["expected_raw_uid2"]
    for vector in found["generated_with_official_sdk"]:
        assert ours(vector["advertising_token"], keyset) == vector["expected_raw_uid2"]
    assert len(found["generated_with_official_sdk"]) == 12


def _marked(version: str, bits: int) -> str:
    """Return a token with privacy bits, which the Python SDK's generator cannot set."""
    token = oracle.token(version)
    content = b64decode(token.translate(str.maketrans("-_", "+/")) + "=" * (-len(token) % 4))
    master, site = (AESGCM(oracle.SECRETS[each]) for each in (oracle.MASTER, oracle.SITE_KEY))
    outer = master.decrypt(content[6:18], content[18:], None)
    inner = bytearray(site.decrypt(outer[33:45], outer[45:], None))
    inner[16:20] = bits.to_bytes(4, "big")
    outer = outer[:45] + site.encrypt(outer[33:45], bytes(inner), None)
    return b64encode(content[:18] + master.encrypt(content[6:18], outer, None)).decode()


@pytest.mark.parametrize("version", ["v3", "v4"])
def test_who_opted_out_is_not_read_though_the_python_sdk_does_not_look(
    keyset: Keyset, version: str
) -> None:
    """The mark is the operator's (`PrivacyBits.java`), honoured by the SDK for .NET."""
    found = open_token(_marked(version, 1 << 2), keyset)
    assert isinstance(found, Opened)
    assert judge(found, keyset, NOW_S, "news.example") is Refusal.OPTED_OUT


@pytest.mark.parametrize(
    ("place", "refusal"),
    [("news.example", None), ("com.example.app", None), ("other.example", "other_place"), ("", "other_place")],
)  # fmt: skip
def test_a_token_made_in_a_browser_is_good_on_its_publishers_sites_only(
    keyset: Keyset, place: str, refusal: str | None
) -> None:
    found = open_token(_marked("v4", 1 << 1), keyset)
    assert isinstance(found, Opened)
    assert judge(found, keyset, NOW_S, place) == refusal


def test_every_refusal_has_its_name(keyset: Keyset) -> None:
    token = oracle.token("v4")
    content = bytearray(b64decode(oracle.token("v3")))
    content[-1] ^= 1
    assert open_token(b64encode(content).decode(), keyset) is Refusal.FORGED
    assert open_token(oracle.token("v4", scope="euid"), keyset) is Refusal.OTHER_SCOPE
    assert open_token(token, keyset._replace(keys={})) is Refusal.UNKNOWN_KEY
    only_master = {oracle.MASTER: keyset.keys[oracle.MASTER]}
    assert open_token(token, keyset._replace(keys=only_master)) is Refusal.UNKNOWN_KEY
    for nonsense in ("", "A", "AAAA", "é", "\0" * 300, "A" * 100_000, "////"):
        assert open_token(nonsense, keyset) is Refusal.MALFORMED
    found = open_token(token, keyset)
    assert isinstance(found, Opened)
    assert judge(found, keyset, NOW_S + 2 * 86_400, "") is Refusal.STALE_KEYS
    assert judge(found, keyset, NOW_S + 3_601, "") is Refusal.EXPIRED
    assert judge(found, keyset._replace(max_lifetime_s=60), NOW_S, "") is Refusal.LIFETIME

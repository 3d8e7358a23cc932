"""Rightly signed, and hostile all the same: somebody has our key, or a training went mad."""

from collections.abc import Callable, Mapping
from functools import partial
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType

import msgspec

from models.registry import signing
from models.registry.artifacts import MANIFEST, SIGNATURE
from models.registry.manifest import Digest, Manifest, written
from tests.unit.models_registry.hostile_parts import HUGE, PICKLE, Json, enthrone, listed


def resigned(
    root: Path,
    name: str,
    manifest: Callable[[bytes], bytes] = lambda encoded: encoded,
    files: Mapping[str, Callable[[bytes], bytes]] = MappingProxyType({}),
) -> None:
    """Change files of a version (named without their ending) and its manifest, make every hash right and sign it with our key.

    The version stays where it is unless its name no longer fits: then the registry names the new one.
    """
    folder = root / "click" / name
    content = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    digests = dict(content.files)
    for stem, change in files.items():
        file = next(each for each in digests if each.partition(".")[0] == stem)
        text = change((folder / file).read_bytes())
        (folder / file).write_bytes(text)
        digests[file] = Digest(sha256(text).hexdigest(), len(text))
    encoded = manifest(written(msgspec.structs.replace(content, files=digests)))
    (folder / MANIFEST).write_bytes(encoded)
    (folder / SIGNATURE).write_bytes(signing.sign(signing.signing_key(root), encoded))
    renamed = folder.rename(folder.with_name(f"{name[:17]}{sha256(encoded).hexdigest()[:16]}"))
    enthrone(root, renamed.name)


def _model(old: str, new: str) -> Callable[[Path, str], None]:
    def change(text: bytes) -> bytes:
        assert old.encode() in text
        return text.replace(old.encode(), new.encode(), 1)

    return partial(resigned, files={"model": change})


def _first_tree(field: str, value: Callable[[list[str]], list[str]]) -> Callable[[Path, str], None]:
    """Change a field of the first tree that has one, and the size of the tree in the header with it."""

    def change(text: bytes) -> bytes:
        lines = text.decode().split("\n")
        at = next(n for n, line in enumerate(lines) if line.startswith(f"{field}=") and "=" in line)
        before = lines[at]
        lines[at] = f"{field}=" + " ".join(value(before.partition("=")[2].split()))
        sizes = next(n for n, line in enumerate(lines) if line.startswith("tree_sizes="))
        first, *others = lines[sizes].removeprefix("tree_sizes=").split()
        grown = int(first) + len(lines[at]) - len(before)
        lines[sizes] = "tree_sizes=" + " ".join([str(grown), *others])
        return "\n".join(lines).encode()

    return partial(resigned, files={"model": change})


def _json(stem: str, change: Callable[[Json], object]) -> Callable[[Path, str], None]:
    def changed(text: bytes) -> bytes:
        value = msgspec.json.decode(text)
        change(value)
        return msgspec.json.encode(value)

    return partial(resigned, files={stem: changed})


def _whole(stem: str, content: bytes) -> Callable[[Path, str], None]:
    return partial(resigned, files={stem: lambda _: content})


def _manifest(change: Callable[[Json], object]) -> Callable[[Path, str], None]:
    def changed(text: bytes) -> bytes:
        value = msgspec.json.decode(text)
        change(value)
        return msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n"

    return partial(resigned, manifest=changed)


def _text(old: str, new: str) -> Callable[[Path, str], None]:
    return partial(resigned, manifest=lambda text: text.replace(old.encode(), new.encode(), 1))


def _renamed_file(to: str) -> Callable[[Path, str], None]:
    def change(value: Json) -> None:
        value["files"][to] = value["files"].pop("model.txt")

    return _manifest(change)


_FOREIGN = "is not a manifest of this version"
SIGNED = listed(
    ("of another kind", "it is of a landscape model", _manifest(lambda m: m.update(kind="landscape"))),
    ("of no kind", _FOREIGN, _manifest(lambda m: m.update(kind="weather"))),
    ("of a later format", "it is of format 3", _manifest(lambda m: m.update(format=3))),
    ("with a surprise", _FOREIGN, _manifest(lambda m: m.update(run="id"))),
    ("a key twice", "a key twice", _text('"format": 2', '"format": 2,\n "format": 2')),
    ("another order", "is not written as we write it", _text('{\n "format": 2,', '{\n\n "format": 2,')),
    ("manifest nested deeply", _FOREIGN, partial(resigned, manifest=lambda _: b"[" * 100_000)),
    ("manifest null", _FOREIGN, partial(resigned, manifest=lambda _: b"null\n")),
    ("naming another key", "another key than signed it", _manifest(lambda m: m.update(key="0" * 64))),
    ("no files", "names 0 files", _manifest(lambda m: m.update(files={}))),
    ("too many files", "names 17 files",
     _manifest(lambda m: m.update(files={f"a{n}.txt": {"sha256": "", "bytes": 0} for n in range(17)}))),
    ("a file outside", "names a file '../../model.txt'", _renamed_file("../../model.txt")),
    ("a file anywhere", "names a file '/etc/passwd'", _renamed_file("/etc/passwd")),
    ("a pickled file", "names a file 'model.pkl'", _renamed_file("model.pkl")),
    ("a library", "names a file 'model.so'", _renamed_file("model.so")),
    ("a file of a terabyte", "bytes, above", _manifest(lambda m: m["files"]["model.txt"].update(bytes=HUGE))),
    ("a file of less than nothing", "bytes, above", _manifest(lambda m: m["files"]["model.txt"].update(bytes=-1))),
    ("other files", "not those of a click model", _manifest(lambda m: m["files"].pop("tables.json"))),
    ("other features", "other features", _manifest(lambda m: m.update(columns=["person"]))),
    ("no features", "other features", _manifest(lambda m: m.update(columns=[]))),
    ("tables of another schema", "other features", _json("tables", lambda t: t["schema"].update(slots=0))),
    ("tables without codes", "not those of this version's features", _json("tables", lambda t: t.update(codes={}))),
    ("codes with gaps", "the codes of country are not", _json("tables", lambda t: t["codes"]["country"].update(XXX=10**6))),
    ("codes below zero", "the codes of country are not", _json("tables", lambda t: t["codes"]["country"].update(XXX=-1))),
    ("rates too few", "rates for", _json("tables", lambda t: t["rates"]["creative"].pop())),
    ("rates above one", "not between 0 and 1", _json("tables", lambda t: t["rates"]["creative"].__setitem__(0, 7.0))),
    ("tables a number", "tables.json: cannot be read", _whole("tables", b"7")),
    ("tables nested deeply", "tables.json: cannot be read", _whole("tables", b'{"codes":' + b"[" * 100_000)),
    ("tables a pickle", "tables.json: cannot be read", _whole("tables", PICKLE)),
    ("calibration falling", "does not rise", _json("calibration", lambda c: c.update(slope=-1.0))),
    ("calibration flat", "does not rise", _json("calibration", lambda c: c.update(slope=0.0))),
    ("calibration in words", "calibration.json: cannot be read", _json("calibration", lambda c: c.update(slope="steep"))),
    ("calibration not a number", "calibration.json: cannot be read", _whole("calibration", b'{"slope":NaN,"intercept":0}')),
    ("trees a pickle", "it is no text", _whole("model", PICKLE)),
    ("trees nothing", "the header's version", _whole("model", b"")),
    ("trees zipped", "the header's version", _whole("model", b"PK\x03\x04" + bytes(1_000))),
    ("trees zeros", "the header's version", _whole("model", bytes(1 << 20))),
    ("trees of another version", "the header's version", _model("version=v4", "version=v9")),
    ("trees of many classes", "the header's num_class", _model("num_class=1", "num_class=1000000000")),
    ("trees over more features", "the header's max_feature_idx", _model("max_feature_idx=", "max_feature_idx=99")),
    ("trees over other features", "the header's feature_names", _model("feature_names=exchange", "feature_names=person")),
    ("tree sizes of a terabyte", "the header counts", _model("tree_sizes=", f"tree_sizes={HUGE} ")),
    ("tree sizes untrue", "its size is not as the header says", _model("tree_sizes=", "tree_sizes=9")),
    ("leaves without end", "tree 0", _first_tree("num_leaves", lambda _: ["999999999"])),
    ("leaves less than none", "has no leaves", _first_tree("num_leaves", lambda _: ["-1"])),
    ("leaves not a number", "not finite", _first_tree("leaf_value", lambda v: ["nan", *v[1:]])),
    ("leaves infinite", "not finite", _first_tree("leaf_value", lambda v: ["inf", *v[1:]])),
    ("leaves beyond reason", "log odds of", _first_tree("leaf_value", lambda v: ["1e300"] * len(v))),
    ("a loop", "tree 0", _first_tree("left_child", lambda v: ["0", *v[1:]])),
    ("a stray", "do not make a tree", _first_tree("right_child", lambda v: ["70000", *v[1:]])),
    ("a column that is not", "a column that does not exist", _first_tree("split_feature", lambda v: ["4096", *v[1:]])),
    ("a column below zero", "a column that does not exist", _first_tree("split_feature", lambda v: ["-1", *v[1:]])),
    ("a decision of another type", "tree 0", _first_tree("decision_type", lambda v: ["4", *v[1:]])),
    ("a threshold that is none", "tree 0", _first_tree("threshold", lambda v: ["nan", *v[1:]])),
    ("linear trees", "linear", _first_tree("is_linear", lambda _: ["1"])),
)  # fmt: skip

"""A copy of the version that served last, where no training and no accident touches it: `<root>/kept/<kind>/<name>`."""

from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from adserver.durable import replacing
from adserver.errors import Fault, InvalidConfig
from models.registry.artifacts import MANIFEST, SIGNATURE, Artifact, read, read_folder
from models.registry.manifest import NAME, Kind
from models.registry.signing import trusted

KEPT = "kept"


def keep(root: Path, kind: Kind, name: str) -> None:
    """Copy a version that was found good, in place of the one before.

    Raises `InvalidConfig` if it cannot be read or written; what was kept then still is.
    """
    folder = root / KEPT / kind
    if (folder / name).exists():
        return
    found = read(root, kind, name)
    unfinished = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = Path(mkdtemp(prefix=".unfinished-", dir=folder))
        for file in (*found.manifest.files, MANIFEST, SIGNATURE):
            with replacing(unfinished / file) as target:
                target.write((found.folder / file).read_bytes())
        unfinished.rename(folder / name)
        for other in folder.iterdir():
            if other.name != name:
                rmtree(other, ignore_errors=True)
    except OSError as error:
        message = f"cannot be written to: {error.strerror or error}"
        raise InvalidConfig([Fault(str(folder), "$", message)]) from None
    finally:
        if unfinished is not None:
            rmtree(unfinished, ignore_errors=True)


def kept(root: Path, kind: Kind) -> Artifact | None:
    """Return what was kept, if there is anything. Raises `InvalidConfig` if it is damaged."""
    folder = root / KEPT / kind
    found = sorted(each for each in folder.glob("*") if NAME.fullmatch(each.name))
    return read_folder(found[-1], kind, trusted(root)) if found else None

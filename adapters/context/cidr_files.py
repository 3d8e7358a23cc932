"""Networks from text files: one network or address a line, `#` begins a comment."""

from pathlib import Path

import msgspec

from adserver.domain.networks import Networks, Range, network
from adserver.errors import Fault, InvalidConfig

MAX_FAULTS = 20
"""Bad lines that are described; beyond, they are only counted."""
MAX_LINE_BYTES = 1_000


class Config(msgspec.Struct, tag="cidr", tag_field="kind", frozen=True, forbid_unknown_fields=True):
    """A list of networks that you bring, as text files."""

    name: str
    """Short; the rule is then called `networks/NAME`, in events and metrics."""
    paths: tuple[str, ...]
    """The files, relative to the settings file."""

    @property
    def files(self) -> tuple[str, ...]:
        """The files; put one behind the other, they are the same list."""
        return self.paths

    def of(self, file: str) -> "Config":
        """Return the same list of another file."""
        return msgspec.structs.replace(self, paths=(file,))

    def build(self, folder: Path) -> Networks:
        """Read the files, relative to a folder. Raises `InvalidConfig` naming every bad line."""
        return read([folder / path for path in self.paths])


def read(paths: list[Path]) -> Networks:
    """Return the networks of all files. Raises `InvalidConfig`: a list with a bad line is not used in part."""
    faults: list[Fault] = []
    ranges: list[Range] = []
    for path in paths:
        before = len(ranges)
        ranges += _ranges(path, faults)
        if len(ranges) == before and not faults:
            faults.append(
                Fault(str(path), "$", "has no networks in it; take it out of the settings")
            )
    if len(faults) > MAX_FAULTS:
        more = f"and {len(faults) - MAX_FAULTS} bad lines more"
        faults = [*faults[:MAX_FAULTS], Fault(str(paths[-1]), "$", more)]
    if faults:
        raise InvalidConfig(faults)
    return Networks(ranges)


def _ranges(path: Path, faults: list[Fault]) -> list[Range]:
    found: list[Range] = []
    try:
        with path.open("rb") as lines:
            number = 0
            while line := lines.readline(MAX_LINE_BYTES):
                number += 1
                try:
                    written = line.decode("utf-8-sig").partition("#")[0].strip()
                    if written:
                        found.append(network(written))
                except ValueError as error:  # also what bad UTF-8 raises
                    what = "is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else error
                    faults.append(
                        Fault(f"{path}:{number}", "$", f"{what}; mend or delete the line")
                    )
    except OSError as error:
        faults.append(Fault(str(path), "$", f"cannot be read: {error.strerror}"))
    return found

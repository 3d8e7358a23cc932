"""A place in an authored file: what stands there, where it is, and how to complain about it."""

from collections.abc import Collection
from difflib import get_close_matches

from adapters.campaigns.authoring.tree import Group, Items, Node, Text, child_path
from adserver.errors import Fault

MANY = 500
"""Beyond so many names only those that begin alike are compared: likeness costs 20 us a name."""

SHOWN = 60
"""Characters of a stranger's word that a message repeats."""


def did_you_mean(word: str, known: Collection[str]) -> str:
    """Return `; did you mean 'x'?` for the known name most like this one, or nothing."""
    wanted = word[:64].strip()
    folded = {name.lower().replace("_", "-"): str(name) for name in known}
    names: Collection[str] = folded
    key = wanted.lower().replace("_", "-").replace(" ", "-")
    if len(folded) > MANY:
        names = [name for name in folded if name[:2] == key[:2]][:MANY]
    close = get_close_matches(key, names, n=1, cutoff=0.6)
    return f"; did you mean {folded[close[0]]!r}?" if close else ""


def shown(word: str) -> str:
    """Return a stranger's word, quoted and short enough for a message."""
    return repr(word if len(word) <= SHOWN else f"{word[:SHOWN]}...")


class Cursor:
    """One node of a file's tree. Whoever reads it gets a harmless value for a fault, and goes on."""

    __slots__ = ("_faults", "_file", "_misshapen", "_node", "path")

    def __init__(self, node: Node, file: str, path: str, faults: list[Fault]) -> None:
        self._node = node
        self._file = file
        self.path = path
        self._faults = faults
        self._misshapen = False

    @property
    def place(self) -> str:
        """`file:line`, as editors like it."""
        return f"{self._file}:{self._node.line}"

    @property
    def file(self) -> str:
        """The file that it stands in."""
        return self._file

    def fault(self, message: str) -> None:
        """Note that something is wrong here; the message says what to do about it."""
        if not self._misshapen:  # what follows from the wrong shape is no news
            self._faults.append(Fault(self.place, self.path, message))

    def is_group(self) -> bool:
        """Tell whether keys stand here, rather than a value or a list."""
        return isinstance(self._node, Group)

    def keys(self) -> Collection[str]:
        """Return the keys that stand here, if any do."""
        return self._node.entries.keys() if isinstance(self._node, Group) else ()

    def text(self) -> str:
        """Return the value as written, without surrounding blanks; nothing after a fault."""
        if not isinstance(self._node, Text):
            self._wrong_shape("expected a single value here, not a list or group")
            return ""
        return self._node.value.strip()

    def items(self) -> list["Cursor"]:
        """Return the parts of a list; a single value or group counts as a list of one."""
        if not isinstance(self._node, Items):
            return [self]
        parts = []
        for position, node in enumerate(self._node.values):
            part = Cursor(node, self._file, f"{self.path}[{position}]", self._faults)
            if isinstance(node, Text) and node.empty:
                part.fault("is empty: give a value or remove it")
            else:
                parts.append(part)
        return parts

    def entries(self) -> dict[str, "Cursor"]:
        """Return what stands under each key, whatever the keys; empty ones are faults."""
        if not isinstance(self._node, Group):
            self._wrong_shape("expected a group of `key: value` here")
            return {}
        found = {}
        for key, node in self._node.entries.items():
            part = Cursor(node, self._file, child_path(self.path, key), self._faults)
            if isinstance(node, Text) and node.empty:
                part.fault("is empty: give a value or remove the key")
            else:
                found[key] = part
        return found

    def fields(
        self, allowed: Collection[str], required: Collection[str] = ()
    ) -> dict[str, "Cursor"]:
        """Return what stands under each key; keys not `allowed` and `required` ones missing are faults."""
        found = self.entries()
        for key in [key for key in found if key not in allowed]:
            found.pop(key).fault(
                f"unknown key{did_you_mean(key, allowed) or ': known are ' + ', '.join(allowed)}"
            )
        if isinstance(self._node, Group):
            for key in required:
                if key not in self._node.entries:
                    self.fault(f"`{key}` is missing")
        return found

    def _wrong_shape(self, message: str) -> None:
        self.fault(message)
        self._misshapen = True

"""YAML text to a tree of texts, lists and groups, each with its line; what a value means is decided later.

The tree is built from parser events. PyYAML's own composer recurses in C and can be crashed by deep
nesting, silently keeps the last of two equal keys, and lets aliases grow a small file into a large
tree. And its guessing of types turns Norway (`NO`) into false and `08:00` into 480: here a text
stays a text until somebody asks for a number.
"""

import re
from typing import Any, NamedTuple

import yaml

from adserver.errors import Fault

MAX_DEPTH = 24
_PARSER: type[Any] = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_PLAIN_TAGS = {None, "!", "tag:yaml.org,2002:str"}
_NOTHING = {"", "~", "null", "Null", "NULL"}
_SIMPLE_KEY = re.compile(r"[\w-]{1,60}")


class Text(NamedTuple):
    """A single value, as written."""

    value: str
    line: int
    empty: bool
    """Nothing stands behind the key, or `null`."""


class Items(NamedTuple):
    """A list."""

    values: list["Node"]
    line: int


class Group(NamedTuple):
    """Keys and what they hold."""

    entries: dict[str, "Node"]
    line: int


Node = Text | Items | Group


def read_tree(text: str, file: str, faults: list[Fault]) -> Node | None:
    """Return the tree of one document, or `None` after adding to `faults` why there is none."""
    return _Builder(file, faults).build(text)


def child_path(path: str, key: str) -> str:
    """Return the path of a key within a group: `$.a.b`, or `$.a['b c']` where the key is no word."""
    return f"{path}.{key}" if _SIMPLE_KEY.fullmatch(key) else f"{path}[{key[:60]!r}]"


class _Unreadable(Exception):
    """The rest of the file cannot be understood."""


class _Frame:
    """A list or group that is still being read."""

    def __init__(self, node: Items | Group, path: str) -> None:
        self.node = node
        self.path = path
        self.key: str | None = None

    def awaits_key(self) -> bool:
        return isinstance(self.node, Group) and self.key is None

    def next_path(self) -> str:
        if isinstance(self.node, Items):
            return f"{self.path}[{len(self.node.values)}]"
        return self.path if self.key is None else child_path(self.path, self.key)


class _Builder:
    def __init__(self, file: str, faults: list[Fault]) -> None:
        self._file = file
        self._faults = faults
        self._frames: list[_Frame] = []
        self._root: Node | None = None

    def build(self, text: str) -> Node | None:
        try:
            for event in yaml.parse(text, Loader=_PARSER):
                self._take(event)
        except _Unreadable:
            return None
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = f":{mark.line + 1}" if mark else ""
            problem = getattr(error, "problem", None) or str(error).splitlines()[0]
            self._faults.append(Fault(f"{self._file}{line}", "$", f"is not YAML: {problem}"))
            return None
        if self._root is None:
            self._faults.append(Fault(self._file, "$", "is empty"))
        return self._root

    def _take(self, event: Any) -> None:
        kind = type(event)
        if kind is yaml.ScalarEvent:
            self._check(event)
            self._scalar(event)
        elif kind is yaml.SequenceStartEvent:
            self._open(event, Items([], event.start_mark.line + 1))
        elif kind is yaml.MappingStartEvent:
            self._open(event, Group({}, event.start_mark.line + 1))
        elif kind in {yaml.SequenceEndEvent, yaml.MappingEndEvent}:
            self._frames.pop()
        elif kind is yaml.AliasEvent:
            raise self._end(event, f"*{event.anchor[:60]} is not read; write it out here")
        elif kind is yaml.DocumentStartEvent and self._root is not None:
            raise self._end(event, "a second document starts here; use a file for each")

    def _open(self, event: Any, node: Items | Group) -> None:
        self._check(event)
        if self._frames and self._frames[-1].awaits_key():
            raise self._end(event, "a key must be plain text")
        if len(self._frames) >= MAX_DEPTH:
            raise self._end(event, f"nested deeper than {MAX_DEPTH} levels")
        frame = _Frame(node, self._path())
        self._place(node)
        self._frames.append(frame)

    def _scalar(self, event: Any) -> None:
        if self._frames and self._frames[-1].awaits_key():
            frame = self._frames[-1]
            frame.key = event.value
            if isinstance(frame.node, Group) and event.value in frame.node.entries:
                self._fault(event, "stands here twice; keep one of them")
            return
        empty = event.implicit[0] and event.value in _NOTHING
        self._place(Text(event.value, event.start_mark.line + 1, empty))

    def _place(self, node: Node) -> None:
        if not self._frames:
            self._root = node
            return
        frame = self._frames[-1]
        if isinstance(frame.node, Items):
            frame.node.values.append(node)
        elif frame.key is not None:
            frame.node.entries.setdefault(frame.key, node)
            frame.key = None

    def _check(self, event: Any) -> None:
        if event.anchor is not None:
            self._fault(
                event, f"&{event.anchor[:60]} is not read; write it out wherever it is used"
            )
        if event.tag not in _PLAIN_TAGS:
            self._fault(event, f"the tag {event.tag[:60]!a} is not read; remove it")

    def _path(self) -> str:
        return self._frames[-1].next_path() if self._frames else "$"

    def _end(self, event: Any, message: str) -> _Unreadable:
        self._fault(event, message)
        return _Unreadable()

    def _fault(self, event: Any, message: str) -> None:
        place = f"{self._file}:{event.start_mark.line + 1}"
        self._faults.append(Fault(place, self._path(), message))

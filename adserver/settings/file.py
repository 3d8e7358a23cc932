"""The settings file as text becomes plain values: YAML without its traps; then structs, or a fault with its place."""

import difflib
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

from adserver.errors import Fault, InvalidConfig

_UNSAID = (ValueError, LookupError, AttributeError, ArithmeticError)
"""What PyYAML lets through: no UTF-8, a 13th month, `0x_`, `!!bool maybe`, `!!int` of nothing, `!!timestamp x`, 1:0:0 ... .0."""


_UNKNOWN = re.compile(r"Object contains unknown field `(.+?)`")
_AT = re.compile(r" - at `(.+?)`$")
_IN_MAP = re.compile(r"\$\.(\w+)\[\.\.\.\]")
_STEP = re.compile(r"\.(\w+)")

Section = TypeVar("Section", bound=msgspec.Struct)


class _NoDuplicates(yaml.SafeLoader):
    """YAML lets a key stand twice and takes the last; in settings that is a slip of the pen."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - PyYAML's signature
        """Return the mapping. Raises `YAMLError` naming the second key's place."""
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue  # a list or a map: refused below
            if key.value in seen:
                problem = f"the key '{key.value}' stands here for the second time"
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def read_yaml(file: Path) -> Any:
    """Return what a file says, unchecked. Raises `InvalidConfig` if it cannot be read."""
    try:
        return yaml.load(file.read_text(encoding="utf-8"), _NoDuplicates)  # noqa: S506 - a safe loader
    except FileNotFoundError:
        advice = "does not exist; name another with --config, or begin with one of examples/"
        raise InvalidConfig([Fault(str(file), "$", advice)]) from None
    except (OSError, RecursionError, yaml.YAMLError, *_UNSAID) as error:
        raise InvalidConfig([Fault(str(file), "$", f"cannot be read: {error}")]) from error


def read_struct(file: Path, kind: type[Section]) -> Section:
    """Return what a file says. Raises `InvalidConfig` naming the path in it, `$.http.port`."""
    said = read_yaml(file)
    try:
        return msgspec.convert(said, kind, strict=True)
    except msgspec.ValidationError as error:
        fault = _fault(file, str(error), kind)
        raise InvalidConfig([replace(fault, path=_named(said, fault.path, kind))]) from error


def _named(said: Any, path: str, kind: type[msgspec.Struct]) -> str:
    """Return a path with the key that is wrong, where msgspec says `$.rates[...]`: the one that is wrong by itself."""
    found = _IN_MAP.fullmatch(path)
    if found is None:
        return path
    for key, value in said[found[1]].items():
        try:
            msgspec.convert({**said, found[1]: {key: value}}, kind, strict=True)
        except msgspec.ValidationError:
            return f"$.{found[1]}.{key}"
    return path


def _fault(file: Path, message: str, kind: type[msgspec.Struct]) -> Fault:
    """Turn msgspec's message into path, problem and what to do about it."""
    found = _AT.search(message)
    path = found.group(1) if found else "$"
    text = _AT.sub("", message)
    unknown = _UNKNOWN.search(text)
    if unknown:
        near = difflib.get_close_matches(unknown.group(1), _keys(kind, path), n=1)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        text = f"unknown key '{unknown.group(1)}'{hint}"
    return Fault(str(file), path, text)


def _keys(kind: type[msgspec.Struct], path: str) -> list[str]:
    """Return the keys that are known at a path such as `$.exchanges[0]`."""
    kinds = [kind]
    for name in _STEP.findall(path):
        kinds = [
            inner
            for each in kinds
            for field in msgspec.structs.fields(each)
            if field.encode_name == name
            for inner in _structs(field.type)
        ]
    return [field.encode_name for each in kinds for field in msgspec.structs.fields(each)]


def _structs(kind: Any) -> Iterator[type[msgspec.Struct]]:
    """Yield the structs within a type: `tuple[A, ...]`, `A | B | None`, `Annotated[A, ...]`."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        yield kind
    for inner in getattr(kind, "__args__", ()):
        yield from _structs(inner)

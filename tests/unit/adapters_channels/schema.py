"""Checks a document against the part of XML Schema that the published VAST schemas use.

The standard library has no validator. This one knows sequences, choices and `all` with their counts, extension,
attributes, and the built-in types of VAST: enough to notice a missing, surplus, or misplaced element.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

XS = "{http://www.w3.org/2001/XMLSchema}"
BUILT_IN = {
    "string": r"[\s\S]*",
    "token": r"[\s\S]*",
    "NMTOKEN": r"[\w.:-]+",
    "integer": r"[+-]?\d+",
    "decimal": r"[+-]?\d+(\.\d+)?",
    "boolean": r"true|false|0|1",
    "time": r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?",
    "anyURI": r"\S+",
}


class Schema:
    """One schema file."""

    def __init__(self, path: Path) -> None:
        root = ET.parse(path).getroot()  # noqa: S314  a file of the corpus
        target = root.get("targetNamespace")
        self._prefix = f"{{{target}}}" if target else ""
        self._types = {found.get("name"): found for found in root.findall(f"{XS}complexType")}
        self._roots = {found.get("name"): found for found in root.findall(f"{XS}element")}

    def faults(self, document: str) -> list[str]:
        """Return what is wrong with a document; nothing if it is valid."""
        root = ET.fromstring(document)  # noqa: S314  written by us
        declared = self._roots.get(self._name(root))
        return ["unknown root"] if declared is None else list(self._element(root, declared))

    def _name(self, element: ET.Element) -> str:
        """Return the local name; a wrong namespace stays visible and so fits nowhere."""
        return element.tag.removeprefix(self._prefix)

    def _element(self, element: ET.Element, declared: ET.Element) -> Iterator[str]:
        name = self._name(element)
        type_name = (declared.get("type") or "").rpartition(":")[2]
        if type_name in BUILT_IN:
            yield from _text(name, element.text or "", type_name)
            return
        described = self._types.get(type_name, declared.find(f"{XS}complexType"))
        assert described is not None, name
        yield from self._attributes(element, described)
        pattern, children = self._content(described)
        names = "".join(f"{self._name(child)}," for child in element)
        if not re.fullmatch(pattern, names):
            yield f"{name}: {names} does not match {pattern}"
        for child in element:
            if self._name(child) in children:
                yield from self._element(child, children[self._name(child)])
        base = described.find(f"{XS}simpleContent/{XS}extension")
        if base is not None:
            yield from _text(name, element.text or "", base.get("base", "").rpartition(":")[2])

    def _attributes(self, element: ET.Element, described: ET.Element) -> Iterator[str]:
        declared = {
            found.get("name", ""): found for found in self._attribute_declarations(described)
        }
        for name in element.attrib.keys() - declared.keys():
            yield f"{element.tag}@{name}: not declared"
        for name, found in declared.items():
            value = element.get(name)
            if value is None:
                if found.get("use") == "required":
                    yield f"{element.tag}@{name}: missing"
                continue
            allowed = [choice.get("value") for choice in found.iter(f"{XS}enumeration")]
            if allowed and value not in allowed:
                yield f"{element.tag}@{name}: {value} is none of {allowed}"
            type_name = (found.get("type") or "").rpartition(":")[2]
            yield from _text(f"{element.tag}@{name}", value, type_name)

    def _attribute_declarations(self, described: ET.Element) -> Iterator[ET.Element]:
        for holder in (described, *_extensions(described)):
            yield from holder.findall(f"{XS}attribute")
            base = self._types.get(holder.get("base", "").rpartition(":")[2])
            if base is not None:
                yield from self._attribute_declarations(base)

    def _content(self, described: ET.Element) -> tuple[str, dict[str, ET.Element]]:
        """Return a pattern for the names of the children, and the declaration of each."""
        pattern, children = "", dict[str, ET.Element]()
        for holder in (*_extensions(described), described):
            base = self._types.get(holder.get("base", "").rpartition(":")[2])
            if base is not None:
                more, declared = self._content(base)
                pattern, children = pattern + more, children | declared
            for part in holder:
                if part.tag in {f"{XS}sequence", f"{XS}choice", f"{XS}all"}:
                    pattern += _particle(part, children)
        return pattern, children


def _extensions(described: ET.Element) -> list[ET.Element]:
    return [
        *described.findall(f"{XS}complexContent/{XS}extension"),
        *described.findall(f"{XS}simpleContent/{XS}extension"),
    ]


def _particle(part: ET.Element, children: dict[str, ET.Element]) -> str:
    most = part.get("maxOccurs", "1").replace("unbounded", "")
    count = f"{{{part.get('minOccurs', '1')},{most}}}"
    if part.tag == f"{XS}element":
        name = part.get("name", "")
        children[name] = part
        return f"(?:{name},){count}"
    inner = [
        _particle(child, children)
        for child in part
        if child.tag in {f"{XS}element", f"{XS}sequence", f"{XS}choice"}
    ]
    if part.tag == f"{XS}choice":
        return f"(?:{'|'.join(inner)}){count}"
    if part.tag == f"{XS}all":  # any order: each name by itself, looked ahead for
        names = "|".join(str(child.get("name")) for child in part.findall(f"{XS}element"))
        rules = "".join(
            f"(?=(?:(?!\\b{child.get('name')},)\\w+,)*{once}(?:(?!\\b{child.get('name')},)\\w+,)*$)"
            for child, once in zip(part.findall(f"{XS}element"), inner, strict=True)
        )
        return f"{rules}(?:(?:{names}),)*"
    return f"(?:{''.join(inner)}){count}"


def _text(name: str, value: str, type_name: str) -> Iterator[str]:
    pattern = BUILT_IN.get(type_name)
    if pattern and not re.fullmatch(pattern, value):
        yield f"{name}: {value!r} is no {type_name}"

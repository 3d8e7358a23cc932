"""Lists of networks with a copy of the last good one of each, which stands in for a list that cannot be read."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import structlog

from adapters import registry
from adserver.durable import draft_of, replacing
from adserver.errors import Fault, InvalidConfig
from adserver.metrics import NETWORK_LIST_REFUSED
from adserver.validity.judge import Lists

_log = structlog.get_logger()


class Found(NamedTuple):
    """What there is of the configured lists."""

    lists: tuple[Lists, ...]
    refused: dict[str, InvalidConfig]
    """By name, what is wrong with a list; its copy is among `lists`, if there is one."""
    lost: frozenset[str]
    """Of these, whose copy is missing or bad, too."""

    def must_be_there(self) -> None:
        """Raise `InvalidConfig` with all that is wrong with the lists that nothing stands in for."""
        faults = [fault for name in sorted(self.lost) for fault in self.refused[name].faults]
        if faults:
            raise InvalidConfig(faults)


def find(configured: Sequence[registry.Networks], folder: Path, kept: Path) -> Found:
    """Read the lists, relative to the settings' folder; where one cannot be read, its copy in the folder `kept`."""
    lists: list[Lists] = []
    refused: dict[str, InvalidConfig] = {}
    lost: set[str] = set()
    for each in configured:
        try:
            lists.append(Lists(each.name, each.build(folder)))
            continue
        except InvalidConfig as error:
            refused[each.name] = error
        try:
            lists.append(Lists(each.name, _copy(each).build(kept)))
        except InvalidConfig:
            lost.add(each.name)  # what is wrong with the list itself is what can be mended
    return Found(tuple(lists), refused, frozenset(lost))


def serving(configured: Sequence[registry.Networks], folder: Path, kept: Path) -> tuple[Lists, ...]:
    """Return what a worker serves with: never nothing because of one bad list; it is logged and shown."""
    found = find(configured, folder, kept)
    for each in configured:
        error = found.refused.get(each.name)
        NETWORK_LIST_REFUSED.labels(each.name).set(error is not None)
        if error is not None:
            serves = "nothing" if each.name in found.lost else "the last good one"
            _log.error("network_list_refused", list=each.name, problem=str(error), serves=serves)
    return found.lists


def keep(each: registry.Networks, folder: Path, kept: Path) -> None:
    """Copy a list that was found good, in place of the copy before.

    Raises `InvalidConfig` if it changed meanwhile and is bad now, and `OSError` if it cannot be written; the copy from
    before then stays.
    """
    (name,) = _copy(each).files
    kept.mkdir(exist_ok=True)
    with replacing(kept / name) as copy:
        for path in each.files:
            with (folder / path).open("rb") as file:
                shutil.copyfileobj(file, copy)
            if len(each.files) > 1:
                copy.write(b"\n")  # the last line of a text may lack its end
        copy.flush()
        try:
            each.of(draft_of(kept / name).name).build(kept)
        except InvalidConfig as error:
            raise InvalidConfig([Fault(each.name, "$", f"changed while read: {error}")]) from error


def _copy(each: registry.Networks) -> registry.Networks:
    return each.of(f"{each.name}.{each.__struct_config__.tag}")

"""Catalogs, settings and models, each broken in one way that must be refused."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

Json = dict[str, Any]
Break = Callable[[Random, str], str]

_KEYS = ("creatives", "campaigns", "advertiser", "insertion_orders", "line_items", "goal", "banner")
_WRONG: tuple[Any, ...] = ([], "x", -1, None, {"a": 1}, [[]], 10**30, True, "2026-13-45", "\u0000")
_NO_TEXT = (
    "\x00",
    "{",
    "- [",
    "a: &x 1\nb: *x",
    "? ",
    "!!python/object:os.system x",
    "\t- a: 1\n",
    "a: 1\na: 2\n",
    "---\n---\n",
    "[" * 500,
)


def _document(change: Callable[[Random, Json], None]) -> Break:
    def broken(dice: Random, text: str) -> str:
        document = json.loads(text)
        change(dice, document)
        return json.dumps(document)

    return broken


def _objects(value: Any) -> list[Json]:
    """Return every object in a document."""
    if isinstance(value, dict):
        return [value, *(each for inner in value.values() for each in _objects(inner))]
    if isinstance(value, list):
        return [each for inner in value for each in _objects(inner)]
    return []


def _unknown_key(dice: Random, document: Json) -> None:
    dice.choice(_objects(document))[f"surprise_{dice.randrange(99)}"] = 1


def _misspelt(dice: Random, document: Json) -> None:
    holders = [each for each in _objects(document) if each.keys() & set(_KEYS)]
    holder = dice.choice(holders)
    key = dice.choice([key for key in holder if key in _KEYS])
    holder[key + dice.choice("sxy")] = holder.pop(key)


def _line_item(fields: Json) -> Callable[[Random, Json], None]:
    def change(dice: Random, document: Json) -> None:
        items = document["campaigns"][0]["insertion_orders"][0]["line_items"]
        key = dice.choice(sorted(fields))
        dice.choice(items)[key] = copy.deepcopy(dice.choice(fields[key]))

    return change


def _twice(dice: Random, document: Json) -> None:
    items = document["campaigns"][0]["insertion_orders"][0]["line_items"]
    dice.choice((items, document["creatives"])).append(
        copy.deepcopy(items[0] if dice.random() < 0.5 else document["creatives"][0])
    )


_BAD_FIELDS: Json = {
    "creatives": [[], ["nobody"], "nobody", [1, 2], {"a": 1}],
    "flight": [["2026-02-30", "2026-03-01"], ["2027-01-01", "2026-01-01"], ["x"], "soon", 7],
    "goal": [{}, {"cpm": -1}, {"cpm": "much"}, {"cpm": 1, "cpc": 2}, {"cpm": 10**30}, None, 5],
    "pacing": ["asep", 5, None, ["asap"]],
    "lifetime_budget": [-1, "much", 10**40, [], ".inf", ".nan"],
    "daily_budget": [-5, "x"],
    "targeting": [
        {"country": ["Germany"]}, {"planet": ["earth"]}, {"audience": "a and"}, {"audience": "((((("}, {"size": ["big"]},
        {"deal": ["nobody"]}, {"exchange": ["nobody"]}, {"country": {"only": ["USA"]}}, {"audience": "not " * 500 + "a"},
    ],
    "frequency_caps": ["often", ["0 per day"], ["3 per century"], [{"impressions": -1, "hours": 1}], ["99 per day"]],
    "dayparts": [["mon-fun 00:00-24:00"], ["mon 10:00-09:00"], ["25:00"], 7],
    "fees": [{"tech_percent": -1}, {"data_cpm": "x"}, {"margin_percent": 10**9}, {"bribe": 1}],
}  # fmt: skip

CATALOGS: tuple[Break, ...] = (
    _document(_unknown_key), _document(_misspelt), _document(_line_item(_BAD_FIELDS)), _document(_line_item(_BAD_FIELDS)), _document(_twice),
    lambda dice, text: text[: dice.randrange(1, len(text) - 1)],
    lambda dice, text: dice.choice(_NO_TEXT) + text,
    lambda dice, _: dice.choice(("7", "[]", "x", "null", "{}")),
)  # fmt: skip


def _setting(path: str, *values: Any) -> Break:
    def change(dice: Random, document: Json) -> None:
        *way, last = path.split(".")
        at: Any = document
        for step in way:
            at = at[int(step)] if isinstance(at, list) else at.setdefault(step, {})
        at[last] = dice.choice(values)

    return _document(change)


SETTINGS: tuple[Break, ...] = (
    _document(_unknown_key),
    _setting("workers", 0, -1, 1_000, "two", None, 1.5, [], 10**30),
    _setting("http.port", 0, 70_000, "x", -1, None),
    _setting("http.base_url", "ftp://x", "", "javascript:1", 7, "http://"),
    _setting("exchanges", [{"name": "open"}, {"name": "open"}], [{"name": "UPPER"}], [{}], "open", [{"name": "a/b"}]),
    _setting("exchanges.0.keep_percent", -1, 101, "x", ".nan", ".inf"),
    _setting("exchanges.0.currencies", ["ZZZ"], "USD", [7]),
    _setting("currency", "dollars", "usd", 7, ""),
    _setting("rates", {"EUR": 0}, {"EUR": -1}, {"eur": 1}, {"EUR": ".nan"}, [], {"USD": 2}),
    _setting("guard", {"max_cpm": -1}, {"hourly_ceiling": "x"}, {"max_cpn": 1}, 7),
    _setting("campaigns", {}, {"kind": "sql"}, {"kind": "yaml"}, None, "campaigns"),
    _setting("click_engine", "xgboost", None, 7),
    _setting("state_folder", "", " ", 7, None),
    lambda dice, text: text[: dice.randrange(1, len(text) - 1)],
    lambda dice, text: dice.choice(_NO_TEXT) + text,
)  # fmt: skip


def model(dice: Random, version: Path) -> str:
    """Break a published model at a place that nobody chose; say how. The folder is that of the version."""
    file = dice.choice(sorted(version.iterdir()))
    content = bytearray(file.read_bytes())
    at = dice.randrange(len(content))
    match dice.randrange(5):
        case 0:
            content[at] ^= 1 << dice.randrange(8)
            how = f"bit flipped at {at}"
        case 1:
            del content[at:]
            how = f"cut at {at}"
        case 2:
            content += b"x"
            how = "longer"
        case 3:
            file.unlink()
            return f"{file.name} missing"
        case _:
            content[at : at + 9] = b"nan " * 3
            how = f"nonsense at {at}"
    file.write_bytes(content)
    return f"{file.name} {how}"

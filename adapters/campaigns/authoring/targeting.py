"""Whom and where: lists to include and exclude, and the audience."""

from collections.abc import Callable

from adapters.campaigns.authoring.cursor import Cursor, shown
from adapters.campaigns.authoring.names import Names
from adapters.campaigns.authoring.targeting_ranges import ITEM_KEYS
from adapters.campaigns.authoring.targeting_words import READERS
from adserver.domain.targeting import (
    Dimension,
    Expression,
    ListRule,
    parse_audience,
    segment_names,
)

Targeting = dict[Dimension, ListRule]


def targeting(cursor: Cursor, names: Names) -> tuple[Targeting, Expression | None]:
    """Read rules by dimension; a bare list means include. `audience` is an expression over segments."""
    readers = {
        **READERS,
        Dimension.EXCHANGE: names.exchange,
        Dimension.DEAL: names.known_deal,
    }
    rules: Targeting = {}
    who: Expression | None = None
    for key, part in cursor.fields((*Dimension, "audience")).items():
        if key == "audience":
            who = audience(part, names)
        else:
            rules[Dimension(key)] = _rule(part, readers[Dimension(key)])
    if Dimension.DEAL in rules and Dimension.EXCHANGE in rules:
        _check_reachable(cursor, rules[Dimension.DEAL], rules[Dimension.EXCHANGE], names)
    return rules, who


def audience(cursor: Cursor, names: Names) -> Expression | None:
    """Read `camera-intent and not camera-owner`."""
    try:
        expression = parse_audience(cursor.text())
    except ValueError as error:
        cursor.fault(str(error))
        return None
    for name in sorted(set(segment_names(expression))):
        names.segment(name, cursor)
    return expression


def _check_reachable(cursor: Cursor, deals: ListRule, exchanges: ListRule, names: Names) -> None:
    for deal in deals.include:
        homes = names.deals.get(deal, set())
        reached = homes & set(exchanges.include) if exchanges.include else homes
        if homes and not reached - set(exchanges.exclude):
            where = " and ".join(sorted(homes))
            cursor.fault(f"deal {deal!r} is at exchange {where}, which this targeting leaves out")


def _rule(cursor: Cursor, read: Callable[[Cursor], str]) -> ListRule:
    if not cursor.is_group() or ITEM_KEYS.intersection(cursor.keys()):
        return ListRule(include=_values(cursor, read))
    found = cursor.fields(("include", "exclude"))
    rule = ListRule(**{key: _values(part, read) for key, part in found.items()})
    for value in sorted(set(rule.include) & set(rule.exclude)):
        cursor.fault(f"{shown(value)} is both included and excluded")
    return rule


def _values(cursor: Cursor, read: Callable[[Cursor], str]) -> tuple[str, ...]:
    values = tuple(dict.fromkeys(read(part) for part in cursor.items()))
    if not values:
        cursor.fault("lists nothing; give values or remove the key")
    return values


def avoiding(rules: Targeting, topics: tuple[str, ...]) -> Targeting:
    """Return the rules of a line item whose advertiser does not want to be beside some topics."""
    if not topics:
        return rules
    own = rules.get(Dimension.SENSITIVE, ListRule())
    kept = tuple(dict.fromkeys((*own.exclude, *topics)))
    return {**rules, Dimension.SENSITIVE: ListRule(own.include, kept)}

"""Last touch: who gets the credit for an order."""

from collections.abc import Container, Iterable
from typing import Literal, NamedTuple

from adserver.domain.person import Touch

CLICK_WINDOW_S = 30 * 86_400
VIEW_WINDOW_S = 86_400


class Credit(NamedTuple):
    """The line item and creative (numbers) that an order is credited to, and for what."""

    line_item: int
    creative: int
    contact: Literal["click", "view", "none"]
    bid: bytes
    trainable: bool = False
    """May models learn from it?"""


NOBODYS = Credit(0, 0, "none", b"")


def last_touch(touches: Iterable[Touch], line_items: Container[int], at_s: int) -> Credit:
    """Credit an order at `at_s` to one of these line items (numbers): the advertiser's own.

    The last click within 30 days goes before any view; without one, the last view within a day.
    Contacts after the order count for nothing, nor do those that may not be measured.
    """
    click: Touch | None = None
    view: Touch | None = None
    for touch in touches:
        age_s = at_s - touch.at_s
        if age_s < 0 or touch.line_item not in line_items or not touch.measured:
            continue
        if touch.kind == "click":
            if age_s <= CLICK_WINDOW_S and (click is None or touch.at_s >= click.at_s):
                click = touch
        elif age_s <= VIEW_WINDOW_S and (view is None or touch.at_s >= view.at_s):
            view = touch
    if click is not None:
        return Credit(click.line_item, click.creative, "click", click.bid, click.trainable)
    if view is not None:
        return Credit(view.line_item, view.creative, "view", view.bid, view.trainable)
    return NOBODYS

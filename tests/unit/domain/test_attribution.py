"""Who gets the credit for an order."""

import pytest

from adserver.domain.attribution import NOBODYS, last_touch
from adserver.domain.person import Touch

ORDER_S = 100 * 86_400
OURS = frozenset({1, 2, 3})
HOUR_S, DAY_S = 3_600, 86_400


def touch(kind: str, age_s: int, line_item: int) -> Touch:
    return Touch(kind, ORDER_S - age_s, line_item, 9, bytes(16))


@pytest.mark.parametrize(
    ("touches", "credited"),
    [
        ([], (0, "none")),
        ([touch("impression", HOUR_S, 1)], (1, "view")),
        ([touch("impression", DAY_S, 1)], (1, "view")),
        ([touch("impression", DAY_S + 1, 1)], (0, "none")),
        ([touch("click", 30 * DAY_S, 1)], (1, "click")),
        ([touch("click", 30 * DAY_S + 1, 1)], (0, "none")),
        ([touch("click", 29 * DAY_S, 1), touch("impression", 1, 2)], (1, "click")),
        ([touch("click", 5, 2), touch("click", 9, 1)], (2, "click")),
        ([touch("impression", 9, 1), touch("impression", 5, 3)], (3, "view")),
        ([touch("click", 5, 8)], (0, "none")),
        ([touch("click", -1, 1)], (0, "none")),
    ],
)
def test_last_click_goes_before_any_view(touches: list[Touch], credited: tuple[int, str]) -> None:
    credit = last_touch(touches, OURS, ORDER_S)
    assert (credit.line_item, credit.contact) == credited


def test_nobodys_credit_names_nobody() -> None:
    assert last_touch([], OURS, ORDER_S) == NOBODYS

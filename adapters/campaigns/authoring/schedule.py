"""When and how often: flights, dayparts, frequency caps."""

import re
from datetime import datetime, tzinfo
from typing import Any, get_args

from adapters.campaigns.authoring.cursor import Cursor, shown
from adapters.campaigns.authoring.values import choice, whole
from adserver.domain.campaign import Cap, CountedBy, Flight

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MAX_CAP = 60
"""Profiles keep a person's newest 64 contacts: a higher cap could never be seen to be reached."""
MAX_CAP_HOURS = 30 * 24
"""... and those of 30 days."""
COUNTED_BY = get_args(CountedBy)
_HOURS = {"hour": 1, "day": 24, "week": 168}
_CAP = re.compile(r"(\d{1,6}) (?:per|in|a) (?:(\d{1,6}) )?(hour|day|week)s?")
_DAYPART = re.compile(
    r"(?:(?P<days>[a-z]{3}(?:-[a-z]{3})?))? ?(?:(?P<from>\d\d?):00 ?- ?(?P<to>\d\d?):00)?"
)
_EARLIEST, _LATEST = 2000, 2100


def flight(cursor: Cursor, zone: tzinfo) -> Flight:
    """Read `[from, to]`, half-open: dates begin at 00:00 and times are told in the advertiser's zone."""
    parts = cursor.items()
    if len(parts) != 2:  # noqa: PLR2004 - a beginning and an end
        cursor.fault("write two dates, [2026-11-01, 2026-12-01]; it ends as the second begins")
        return Flight(0, 1)
    start_s, end_s = (_moment(part, zone) for part in parts)
    if start_s and end_s and end_s <= start_s:
        parts[1].fault("ends before it begins; the second date must be later than the first")
    return Flight(start_s, end_s)


def _moment(cursor: Cursor, zone: tzinfo) -> int:
    """Return seconds since the epoch, 0 after a fault. An hour that a clock shows twice is the first."""
    word = cursor.text()
    try:
        moment = datetime.fromisoformat(word)
        if not _EARLIEST <= moment.year < _LATEST:
            cursor.fault(f"{word} lies outside the years {_EARLIEST} to {_LATEST - 1}")
            return 0
        return int((moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp())
    except ValueError:
        cursor.fault(f"{shown(word)} is no date or time: write 2026-11-01 or 2026-11-01T08:00")
        return 0


def hours_of_week(cursor: Cursor) -> tuple[int, ...]:
    """Read dayparts: `mon-fri 08:00-20:00`, `sat`, `18:00-24:00` (every day). Whole hours only."""
    hours: set[int] = set()
    for part in cursor.items():
        word = part.text().lower()
        found = _DAYPART.fullmatch(word)
        if not word or found is None:
            part.fault(f"{shown(word)} is no daypart: write mon-fri 08:00-20:00, in whole hours")
            continue
        first, _, last = (found["days"] or "mon-sun").partition("-")
        if first not in DAYS or (last or first) not in DAYS:
            part.fault(f"{shown(found['days'])} are no days: use {', '.join(DAYS)}")
            continue
        begin, end = DAYS.index(first), DAYS.index(last or first)
        opens, closes = int(found["from"] or 0), int(found["to"] or 24)
        if begin > end or not 0 <= opens < closes <= 24:  # noqa: PLR2004 - hours of a day
            part.fault(
                "must lie within 00:00-24:00 and mon-sun: split what goes over midnight or the week's end"
            )
            continue
        hours.update(
            day * 24 + hour for day in range(begin, end + 1) for hour in range(opens, closes)
        )
    return tuple(sorted(hours))


def caps(cursor: Cursor) -> tuple[Cap, ...]:
    """Read frequency caps: `3 per 24 hours`, `10 per week`, or `{impressions: 3, hours: 24, per: household}`."""
    return tuple(_cap(part) for part in cursor.items())


def _cap(cursor: Cursor) -> Cap:
    if cursor.is_group():
        found = cursor.fields(("impressions", "hours", "per"), required=("impressions", "hours"))
        impressions = whole(found["impressions"], 1, MAX_CAP) if "impressions" in found else 1
        hours = whole(found["hours"], 1, MAX_CAP_HOURS) if "hours" in found else 1
        per: Any = choice(found["per"], COUNTED_BY) if "per" in found else "person"
        return Cap(impressions, hours, per)
    word = cursor.text()
    parts = _CAP.fullmatch(word.lower())
    if parts is None:
        cursor.fault(f"{shown(word)} is no frequency cap: write 3 per 24 hours")
        return Cap(1, 1)
    cap = Cap(int(parts[1]), int(parts[2] or 1) * _HOURS[parts[3]])
    if not 1 <= cap.impressions <= MAX_CAP or not 1 <= cap.hours <= MAX_CAP_HOURS:
        cursor.fault(f"a cap is 1 to {MAX_CAP} impressions in 1 to {MAX_CAP_HOURS} hours")
    return cap

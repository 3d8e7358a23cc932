"""Corrections of money, as entries of their own."""

from adserver.background.money_messages import Amendment, Booked
from adserver.domain.entries import Adjusted, Opened
from adserver.domain.ledger import Ledger
from adserver.processes.owner.grants import Enter
from adserver.processes.owner.lines import Lines


def amend(ledger: Ledger, enter: Enter, lines: Lines, amendment: Amendment, now_s: float) -> Booked:
    """Book a correction once.

    It changes the accounts of the day that it is about. Those of days long ago are closed: what is about one of them
    is booked on the newest day that the line item has, or on today.
    """
    if amendment.number in ledger.adjusted:
        return "repeated"
    pot = _pot(ledger, enter, lines, amendment, now_s)
    if pot is None:
        return "unknown"
    enter(
        Adjusted(
            number=amendment.number,
            line_item=amendment.line_item,
            exchange=amendment.exchange,
            pots=(pot,),
            media=amendment.media,
            data=0,
            tech=0,
            margin=0,
            at_s=int(now_s),
            why=amendment.why,
            about_s=amendment.about_s,
            impressions_ppm=amendment.impressions_ppm,
            wire=amendment.wire,
            currency=amendment.currency,
        )
    )
    return "booked"


def _pot(
    ledger: Ledger, enter: Enter, lines: Lines, amendment: Amendment, now_s: float
) -> int | None:
    key = amendment.line_item
    pot = ledger.pot_at(key, amendment.about_s)
    if pot is None:
        pot = max(ledger.pots_of.get(key, ()), key=lambda n: ledger.pots[n].end_s, default=None)
    if pot is None:
        payer = lines.payer(key, now_s)
        if payer is None:
            return None
        pot, window = ledger.last_pot + 1, payer.window
        enter(Opened(pot, key, payer.accounts, window.start_s, window.end_s))
    return pot

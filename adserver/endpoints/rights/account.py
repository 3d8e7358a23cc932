"""All that is stored of a person, in words: what the page shows and what they take along."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta

import msgspec

from adserver.domain.choices import Choices
from adserver.domain.identity import segment_number
from adserver.domain.person import Dossier, Membership
from adserver.endpoints.rights.why import About

FORMAT = "adserver-rights/1"
"""Names the form of the export; it changes when a field changes its meaning."""
_EPOCH = date(1970, 1, 1)


class Decided(msgspec.Struct, frozen=True):
    """What the person decided."""

    opted_out: bool
    """No personal advertising."""
    erased: bool
    """They had us forget them."""
    consented: bool
    """They agreed to more with an advertiser: training, and messages on its own channels."""
    objections: tuple[int, ...]
    """Numbers of segments that may not be used."""
    at: datetime | None
    """When they last decided something."""


class Belonging(msgspec.Struct, frozen=True):
    """A segment that the person is in."""

    segment: int
    name: str
    """As the operator calls it; empty if that is no longer known."""
    about: str
    source: str
    """Who says so."""
    legal_basis: str
    """`consent`, `opt_in`, `contract` or `legitimate_interest` (GDPR, article 6)."""
    uses: tuple[str, ...]
    """`select`, `measure`, `train`, `service`."""
    since: date
    """The day on which it was last said."""
    until: date
    """The first day on which it no longer holds."""
    holds: bool
    """Does it hold today?"""
    objected: bool
    """Did the person object to it? Then it is not used."""


class Contact(msgspec.Struct, frozen=True):
    """An advertisement that the person saw or clicked."""

    kind: str
    """`impression` or `click`"""
    at: datetime
    advertiser: str
    """Empty if its campaign is no longer there."""
    line_item: int
    creative: int
    bid: str
    """The bid's id, hexadecimal."""
    measured: bool
    """May an order be credited to it?"""
    trainable: bool
    """May models learn from it?"""


class Trace(msgspec.Struct, frozen=True):
    """A sign of what the person is interested in."""

    kind: str
    """What they did: `click`, `order` ..."""
    at: datetime
    topic: int
    name: str


class Account(msgspec.Struct, frozen=True):
    """Everything; numbers are those that our own files use."""

    format: str
    made_at: datetime
    decided: Decided
    segments: tuple[Belonging, ...]
    contacts: tuple[Contact, ...]
    """The newest first."""
    interests: tuple[Trace, ...]
    """The newest first."""
    linked_ids: int
    """So many further ids are known to be the same person's. Of ids we keep keyed hashes only."""


class Bookkeeper:
    """Writes accounts."""

    def __init__(self, about: About, advertiser: Callable[[int], str]) -> None:
        """`advertiser` names who advertises by a line item's number."""
        self._about = about
        self._advertiser = advertiser

    def account(
        self, dossier: Dossier, names: Mapping[int, str], now_s: float, language: str
    ) -> Account:
        """Return the whole account of a dossier."""
        now = _moment(int(now_s))
        return Account(
            format=FORMAT,
            made_at=now,
            decided=decided(dossier.choices),
            segments=self._segments(dossier, names, now, language),
            contacts=tuple(
                Contact(
                    touch.kind,
                    _moment(touch.at_s),
                    self._advertiser(touch.line_item),
                    touch.line_item,
                    touch.creative,
                    touch.bid.hex(),
                    touch.measured,
                    touch.trainable,
                )
                for touch in sorted(dossier.touches, key=lambda touch: -touch.at_s)
            ),
            interests=tuple(
                Trace(each.kind, _moment(each.at_s), each.topic, names.get(each.topic, ""))
                for each in sorted(dossier.interests, key=lambda interest: -interest.at_s)
            ),
            linked_ids=dossier.linked,
        )

    def _segments(
        self, dossier: Dossier, names: Mapping[int, str], now: datetime, language: str
    ) -> tuple[Belonging, ...]:
        today = (now.date() - _EPOCH).days
        found = [
            self._belonging(each, names.get(each.segment, ""), today, dossier.choices, language)
            for each in dossier.memberships
        ]
        return tuple(sorted(found, key=lambda each: (not each.holds, each.about, each.segment)))

    def _belonging(
        self, each: Membership, name: str, today: int, choices: Choices, language: str
    ) -> Belonging:
        grant = each.grant
        return Belonging(
            segment=each.segment,
            name=name,
            # A name may be another segment's after a change of the files; what it says would then be wrong.
            about=self._about(name, language) if segment_number(name) == each.segment else "",
            source=grant.source,
            legal_basis=grant.basis.value,
            uses=tuple(use.value for use in grant.uses),
            since=_day(each.day),
            until=_day(each.day + grant.keep_days),
            holds=grant.holds(each.day, today),
            objected=each.segment in choices.objections,
        )


def decided(choices: Choices) -> Decided:
    """Return choices as people read them."""
    at = _moment(choices.at_s) if choices.at_s else None
    return Decided(choices.opted_out, choices.erased, choices.consented, choices.objections, at)


def _moment(at_s: int) -> datetime:
    return datetime.fromtimestamp(at_s, UTC)


def _day(number: int) -> date:
    return _EPOCH + timedelta(days=number)

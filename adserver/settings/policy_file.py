"""What the file of rules about people's data may say, key by key."""

from typing import Annotated, Literal

import msgspec

from adserver.domain.grant import Basis, Grant, Use
from adserver.privacy.countries import CountryRule
from adserver.settings.registration import RegistrationLists

People = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
Days = Annotated[int, msgspec.Meta(ge=1, le=3_650)]

DEFAULT = "default"
"""Stands for all countries that have no rule of their own."""


class Texts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What people are told of what is known of them, in their own language."""

    en: str = ""
    """In English; also for everybody whose language is neither."""
    de: str = ""
    """In German."""

    def written(self) -> dict[str, str]:
        """Return those that are there, by language."""
        texts = {"en": self.en, "de": self.de}
        return {language: text for language, text in texts.items() if text}


class SourceRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where some segments come from, and by what right. The first rule that covers a segment counts."""

    segments: str | tuple[str, ...]
    """Names of segments, one or a list; `*` stands for any characters."""
    source: str = ""
    """Who says so: `crm`, `dmp-acme` ... Required unless sensitive. One source, one declaration."""
    basis: Basis = Basis.CONSENT
    """The legal basis: `consent` to the publisher (TCF), `opt_in` with the advertiser, `contract` with a
    customer, or `legitimate_interest`."""
    uses: tuple[Use, ...] = (Use.SELECT,)
    """What it was collected for: to `select` advertisements, to `measure`, to `train` models, for `service`."""
    keep_days: Days = 180
    """So long it holds after it was last said; then nobody uses it any more."""
    sensitive: bool = False
    """Health, faith, politics ...: never loaded, and never in a line item."""
    about: Texts = Texts()
    """What people in these segments are told; without it they are told the segment's name."""

    @property
    def patterns(self) -> tuple[str, ...]:
        """The names as a list."""
        return (self.segments,) if isinstance(self.segments, str) else self.segments

    @property
    def grant(self) -> Grant:
        """By what right; of what is sensitive, by none."""
        if self.sensitive:
            return Grant(self.source or "sensitive", self.basis, (), self.keep_days)
        return Grant(self.source, self.basis, self.uses, self.keep_days)


class PolicyFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file, which the setting `privacy` names. [How to write it](../how-to/privacy-policy.md)."""

    minimum_people: People = 50
    """A segment or an audience of fewer people is never used."""
    countries: dict[str, CountryRule] = {}
    """What holds where a request says nothing of consent, by country (`DEU`), and for all others (`default`):
    `opt_out`, `consent`, or `contextual` (never, whatever a request says). Where the law asks for consent, as in the
    EEA, it can only be made stricter."""
    undeclared: Literal["allow", "refuse"] = "allow"
    """Segments that no source covers: used with consent, or refused."""
    vendor_list: str | None = None
    """The IAB's global vendor list (`vendor-list.json`), relative to this file: what `vendor_id` registered is read
    from it."""
    registration: RegistrationLists | None = None
    """The same, written by hand; see below."""
    platform_list: str | None = None
    """The IAB's list of consent platforms (`cmp-list.json`), relative to this file: consent that one of them gave out
    after its end is void."""
    sources: tuple[SourceRule, ...] = ()
    """Where segments come from, and by what right; see below."""

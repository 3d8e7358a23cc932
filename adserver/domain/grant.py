"""By what right something is known of a person: its source, its legal basis, what it may be used for, how long."""

from enum import StrEnum

import msgspec


class Basis(StrEnum):
    """The legal bases of the GDPR (article 6) that advertising can rest on."""

    CONSENT = "consent"  # article 6(1)(a), given to the exchange's publisher (TCF)
    OPT_IN = "opt_in"  # article 6(1)(a), given to the advertiser itself
    CONTRACT = "contract"  # article 6(1)(b): what serving a customer needs, never advertising
    LEGITIMATE_INTEREST = "legitimate_interest"  # article 6(1)(f)


class Use(StrEnum):
    """What data may be used for."""

    SELECT = "select"  # choose an advertisement for this person
    MEASURE = "measure"  # find out what advertising did
    TRAIN = "train"  # improve models
    SERVICE = "service"  # serve a customer


class Grant(msgspec.Struct, frozen=True, array_like=True):
    """The same for all that one source says under one declaration; people share it."""

    source: str
    """Who says so, as operators name it: `crm`, `dmp-acme` ..."""
    basis: Basis = Basis.CONSENT
    uses: tuple[Use, ...] = (Use.SELECT,)
    keep_days: int = 180
    """So long it holds after it was last said."""

    def holds(self, day: int, today: int) -> bool:
        """Tell whether what was said that day still holds; a day in the future is a broken clock's and does not."""
        return 0 <= today - day < self.keep_days


UNDECLARED = Grant("undeclared")
"""What audiences have whose source nobody declared in the policy."""

"""Why a person or a program did not get what it asked for."""

from enum import StrEnum

from adserver.errors import AdserverError


class No(StrEnum):
    """The codes; each has a sentence `no_<code>` in every language."""

    MALFORMED = "malformed"  # the link of an ad: letters are missing or changed
    FORGED = "forged"  # the same: it is not ours
    UNKNOWN_KEY = "unknown_key"  # the same: older than any key that we still have
    NOBODY = "nobody"  # no id that we recognise anybody by
    NOT_PROVEN = "not_proven"  # an ad's link alone, where data would be shown or more allowed
    NOT_AN_ID = "not_an_id"  # what was typed is no advertising id
    UNKNOWN_SEGMENT = "unknown_segment"  # to object to what neither the person nor the ad has
    UNKNOWN_CHANGE = "unknown_change"  # not a decision that can be made here
    GPC = "gpc"  # an opt-in while the browser says the opposite
    STALE_FORM = "stale_form"  # the page was open for too long
    FORGED_FORM = "forged_form"  # the form is not from a page of ours
    WRONG_TYPE = "wrong_type"  # neither a form nor JSON
    UNREADABLE = "unreadable"  # a form or JSON that cannot be read
    TOO_LARGE = "too_large"
    NO_PAGE = "no_page"
    WRONG_METHOD = "wrong_method"
    UNAVAILABLE = "unavailable"  # the owner is out: nothing was changed

    @property
    def status(self) -> int:
        """What HTTP calls it."""
        return _STATUS.get(self, 400)


_STATUS = {
    No.NOBODY: 404,
    No.NOT_PROVEN: 403,
    No.UNKNOWN_SEGMENT: 404,
    No.GPC: 409,
    No.STALE_FORM: 403,
    No.FORGED_FORM: 403,
    No.WRONG_TYPE: 415,
    No.TOO_LARGE: 413,
    No.NO_PAGE: 404,
    No.WRONG_METHOD: 405,
    No.UNAVAILABLE: 503,
}


class Refused(AdserverError):  # theirs
    """Nothing was changed."""

    def __init__(self, no: No, field: str = "") -> None:
        super().__init__(no)
        self.no, self.field = no, field
        """The field is the one to mend, if there is one."""

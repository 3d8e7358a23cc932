"""The independent judge of bid responses is `adserver/certification/{judge,markup}.py`; edit it there."""

from adserver.certification.judge import (
    BID_FIELDS,
    MEDIA,
    RESPONSE_FIELDS,
    SEATBID_FIELDS,
    problems,
)

__all__ = ["BID_FIELDS", "MEDIA", "RESPONSE_FIELDS", "SEATBID_FIELDS", "problems"]

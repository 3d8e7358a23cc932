"""The US privacy string (IAB, version 1): four letters such as `1YNN`."""

import msgspec

LENGTH = 4
_ANSWERS = {"Y": True, "N": False, "-": None}


class UsPrivacy(msgspec.Struct, frozen=True):
    """What a string says; `None` where it says that the question does not apply."""

    notice: bool | None
    """Was the person told that they may opt out of the sale of their data?"""
    sale_opt_out: bool | None
    lspa: bool | None
    """Is the publisher a signatory to the limited service provider agreement?"""


def read_us_privacy(text: str) -> UsPrivacy:
    """Read a string, letters in either case; raises `ValueError` unless it is of version 1 and well formed."""
    if len(text) != LENGTH or text[0] != "1":
        raise ValueError("not a US privacy string of version 1")
    try:
        notice, sale_opt_out, lspa = (_ANSWERS[letter] for letter in text[1:].upper())
    except (KeyError, ValueError):  # some letters have upper cases of two letters
        raise ValueError("neither Y nor N nor -") from None
    return UsPrivacy(notice, sale_opt_out, lspa)


def opted_out(text: str) -> bool:
    """Tell whether a string forbids selling the person's data; one that cannot be read does."""
    try:
        return read_us_privacy(text).sale_opt_out is True
    except ValueError:
        return True

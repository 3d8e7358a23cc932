"""Moments as files and people's tables write them: RFC 3339, in UTC, whole seconds."""

from datetime import UTC, datetime

_FORM = "%Y-%m-%dT%H:%M:%SZ"


def rfc3339(at_s: float) -> str:
    """Return seconds since the epoch as `2026-01-31T12:00:00Z`; what is less than a second is cut off."""
    return datetime.fromtimestamp(at_s, UTC).strftime(_FORM)


def epoch_seconds(text: str) -> int:
    """Return seconds since the epoch of a moment that `rfc3339` wrote. Raises `ValueError`."""
    return int(datetime.strptime(text, _FORM).replace(tzinfo=UTC).timestamp())

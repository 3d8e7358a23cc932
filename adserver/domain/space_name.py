"""What a publisher calls a space, if that is what it is: anything may be written there, a person's id, too."""

import re
from functools import lru_cache

MAX_LETTERS = 64
REMEMBERED = 4_096
"""Names in use; when there are more, those that were seen longest ago are looked at anew."""
_NAME = re.compile(
    r"(?!.*[0-9]{11})"  # longer than exchanges number their spaces: a person, a telephone, a moment
    r"(?!.*[0-9A-Fa-f](?:-*[0-9A-Fa-f]){15})"  # 64 bits of something: half a UUID, or of a hash
    r"[A-Za-z0-9._/:-]*"
)


def space_name(said: str) -> str:
    """Return what was said if it is short and has the look of a name, otherwise nothing; pure."""
    return _looked_at(said) if len(said) <= MAX_LETTERS else ""


@lru_cache(REMEMBERED)
def _looked_at(said: str) -> str:
    return said if _NAME.fullmatch(said) else ""

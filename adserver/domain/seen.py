"""What models may see of the person behind a request, and what was told of its page: as small as it can be."""

from collections.abc import Mapping

import msgspec

from adserver.domain.week import DAY_S

REMEMBERED_S = 30 * DAY_S
"""How far back contacts count."""
MOST_SEGMENTS = 64
"""So many of a person's segments are told to models and to the event log."""
_NONE: Mapping[int, int] = {}


class Seen(msgspec.Struct, frozen=True, gc=False):
    """Only what a permission lets choose the advertisement; nothing where nobody is known."""

    contacts: int | None = None
    """Impressions of ours that this person had lately, as far as known; `None`: not to be known."""
    by_line_item: Mapping[int, int] = _NONE
    """The same by number of the line item; who is not in it has had none, unless `contacts` is `None`."""
    audience: tuple[str, ...] | None = None
    """The person's segments that some line item targets and enough people are in; `None`: not to be known."""

    def of(self, line_item: int) -> int | None:
        """Return how many of `contacts` a line item had, by its number."""
        return None if self.contacts is None else self.by_line_item.get(line_item, 0)


NOT_SEEN = Seen()
"""Nothing is known, or may be."""

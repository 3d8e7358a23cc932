"""How little is known of creatives, line items and places, from what a click model was trained on: what exploring needs.

A creative's click rate against the average is taken to be gamma distributed, with mean 1 and variance 1/a; after c clicks the
logarithm of its rate has the variance trigamma(a + c) (of a creative never seen: trigamma(a)). How much creatives differ, 1/a, is
itself estimated from the tables, by the variance of clicks beyond what chance explains (moments; Robbins' empirical Bayes). Where
all turned out alike there is little to find, and little is tried.
"""

from collections.abc import Sequence
from math import sqrt

from adserver.domain.candidate import Candidate
from adserver.domain.gamma import trigamma
from adserver.domain.opportunity import Auction, Opportunity
from models.ctr.features import Tables, placement

USUAL_VARIANCE = 0.25
"""Of rates against the average: a factor of 1.6 up or down is usual."""
WORDS_OF_DOUBT = 3.0
"""So many words that differ as is usual are taken to have been seen before the first."""
_LEAST, _MOST = 0.01, 1.0


class TableEvidence:
    """`ports.Evidence` from an artifact's tables; without counts in them nothing is doubted."""

    def __init__(self, tables: Tables) -> None:
        self._creatives = tables.codes["creative"]
        self._line_items = tables.codes["line_item"]
        self._publications = tables.codes["publication"]
        self._tags = tables.codes["tag"]
        self._of_creatives = deviations(tables, "creative")
        self._of_line_items = deviations(tables, "line_item")
        self._of_publications = deviations(tables, "publication")
        self._of_tags = deviations(tables, "tag")

    def doubts(
        self, auction: Auction, opportunity: Opportunity, candidates: Sequence[Candidate]
    ) -> tuple[float, Sequence[float]]:
        """Return the place's standard deviation of the log odds, and the greater of a candidate's creative and line item."""
        creatives, line_items = self._creatives, self._line_items
        own = [
            max(
                self._of_creatives[creatives.get(each.creative.id, 0)],
                self._of_line_items[line_items.get(each.line_item, 0)],
            )
            for each in candidates
        ]
        shared = self._of_publications[self._publications.get(auction.publication, 0)]
        if opportunity.tag_id:
            tag = placement(auction.publication, opportunity.tag_id)
            shared = max(shared, self._of_tags[self._tags.get(tag, 0)])
        return shared, own


def deviations(tables: Tables, column: str) -> list[float]:
    """Return the standard deviation by code; the first is that of words never seen, or too rarely."""
    views, clicks = tables.views.get(column), tables.clicks.get(column)
    if not views or not clicks:
        return [0.0] * (len(tables.codes[column]) + 1)
    shape = 1.0 / _variance(views[1:], clicks[1:])
    return [sqrt(trigamma(shape + count)) for count in (0, *clicks[1:])]


def _variance(views: Sequence[int], clicks: Sequence[int]) -> float:
    """Return how much the words' rates differ, in squares of their average."""
    whole, clicked = sum(views), sum(clicks)
    if not clicked:
        return USUAL_VARIANCE
    rate = clicked / whole
    expected = [seen * rate for seen in views]
    excess = sum((count - mean) ** 2 - mean for count, mean in zip(clicks, expected, strict=True))
    squares = sum(mean * mean for mean in expected)
    prior = WORDS_OF_DOUBT * squares / len(views)
    return min(max((excess + USUAL_VARIANCE * prior) / (squares + prior), _LEAST), _MOST)

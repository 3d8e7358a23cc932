"""The click models that serve: a champion, perhaps a canary beside it, and a shadow that only looks on.

To the request path it is one model. Whatever changes, changes between two requests by setting attributes: there is no
lock, and as long as there is neither a canary nor a correction, `click_probabilities` is the champion's own.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple, Protocol, TypeVar
from zlib import crc32

from adserver.domain.candidate import Candidate
from adserver.domain.creative import AnyCreative, Audio, Banner, Dynamic, Html, Native, Video
from adserver.domain.dice import happens
from adserver.domain.opportunity import Auction, Opportunity
from adserver.ports import ClickModel

Factors = Mapping[str, Mapping[str, float]]
"""By exchange and media: by what the odds of a click are multiplied; what is missing is 1."""
NOTHING: Mapping[str, float] = MappingProxyType({})
UNCORRECTED: Factors = MappingProxyType({})
MEDIA: dict[type[AnyCreative], str] = {
    Banner: "banner", Html: "banner", Dynamic: "banner", Video: "video", Audio: "audio", Native: "native",
}  # fmt: skip
"""The media that a creative is bid in, as events name it."""
HIGHEST = 0.5
_CANARY, _SHADOW = 101, 102
"""Which dice of a request's id are thrown: nobody else's."""
_PPM_OF_PERCENT = 10_000


_Answer_co = TypeVar("_Answer_co", covariant=True)


class Asked(Protocol[_Answer_co]):
    """A model's one method on the request path."""

    def __call__(
        self,
        auction: Auction,
        opportunity: Opportunity,
        candidates: Sequence[Candidate],
        now_s: float,
    ) -> Sequence[_Answer_co]:
        """Return an answer for each candidate, in order."""


class Arm(NamedTuple):
    """A model with what its probabilities are corrected by."""

    model: ClickModel
    factors: Factors
    ask: Asked[float]

    @classmethod
    def of(cls, model: ClickModel, factors: Factors) -> "Arm":
        """Return the arm that answers as the model does, corrected."""
        if not factors:
            return cls(model, factors, model.click_probabilities)
        return cls(model, factors, _Corrected(model, factors).click_probabilities)

    def correction(self, exchange: str, media: str) -> float:
        """Return by what the odds of a click are multiplied there."""
        return self.factors.get(exchange, NOTHING).get(media, 1.0) if self.factors else 1.0


class ServedClicks:
    """The click model as the request path sees it."""

    def __init__(self, champion: ClickModel) -> None:
        self.serve(champion)

    def serve(
        self,
        champion: ClickModel,
        *,
        canary: ClickModel | None = None,
        canary_percent: float = 0.0,
        shadow: ClickModel | None = None,
        shadow_percent: float = 0.0,
        factors: Mapping[str, Factors] = MappingProxyType({}),
    ) -> None:
        """Have these serve from the next request on; `factors` by the name of the model that they correct."""
        self._champion = Arm.of(champion, factors.get(champion.name, UNCORRECTED))
        self._canary = None
        self._canary_ppm = int(canary_percent * _PPM_OF_PERCENT)
        self.click_probabilities: Asked[float] = self._champion.ask
        self.name, self.breadth = champion.name, champion.breadth
        if canary is not None:
            self._canary = Arm.of(canary, factors.get(canary.name, UNCORRECTED))
            self.click_probabilities = self._split
        self.shadow = shadow
        self._shadow_ppm = int(shadow_percent * _PPM_OF_PERCENT)

    def decider(self, auction: Auction) -> Arm:
        """Return who decides on a request: always the same for the same request and share."""
        canary = self._canary
        if canary is not None and happens(_seed(auction), _CANARY, self._canary_ppm):
            return canary
        return self._champion

    def watcher(self, auction: Auction) -> ClickModel | None:
        """Return the shadow, if it looks at this request."""
        if self.shadow is not None and happens(_seed(auction), _SHADOW, self._shadow_ppm):
            return self.shadow
        return None

    def _split(
        self,
        auction: Auction,
        opportunity: Opportunity,
        candidates: Sequence[Candidate],
        now_s: float,
    ) -> Sequence[float]:
        return self.decider(auction).ask(auction, opportunity, candidates, now_s)


class _Corrected:
    """A model whose odds are multiplied by what later clicks said, where there is evidence."""

    def __init__(self, model: ClickModel, factors: Factors) -> None:
        self._ask = model.click_probabilities
        self._factors = {
            exchange: {kind: medias[media] for kind, media in MEDIA.items() if media in medias}
            for exchange, medias in factors.items()
        }

    def click_probabilities(
        self,
        auction: Auction,
        opportunity: Opportunity,
        candidates: Sequence[Candidate],
        now_s: float,
    ) -> Sequence[float]:
        found = self._ask(auction, opportunity, candidates, now_s)
        here = self._factors.get(auction.exchange)
        if here is None:
            return found
        corrected = []
        for probability, candidate in zip(found, candidates, strict=True):
            factor = here.get(type(candidate.creative))
            if factor is not None:
                odds = factor * probability
                probability = odds / (1.0 - probability + odds)
                if probability > HIGHEST:  # noqa: PLR1730 - min() is a call
                    probability = HIGHEST
            corrected.append(probability)
        return corrected


def _seed(auction: Auction) -> int:
    return crc32(auction.id.encode("utf-8", "surrogatepass"))

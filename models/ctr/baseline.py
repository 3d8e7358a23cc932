"""What serves when no model can: smoothed rates, or a constant; and the choice between them."""

from collections.abc import Callable, Sequence
from pathlib import Path

from adserver.domain.candidate import Candidate
from adserver.domain.opportunity import Auction, Opportunity
from adserver.errors import InvalidConfig, Unavailable
from adserver.ports import ClickModel
from models.ctr.artifact import KEPT, Engine, load, read
from models.ctr.features import Tables, size_of
from models.ctr.probability import clipped

TYPICAL_CLICK_RATE = 0.002
"""What display advertising sees in the long run, within a factor of a few."""


class ConstantModel:
    """The same probability for everything."""

    def __init__(self, probability: float = TYPICAL_CLICK_RATE) -> None:
        self.name = "constant"
        self._probability = clipped(probability)

    def click_probabilities(
        self,
        auction: Auction,
        opportunity: Opportunity,
        candidates: Sequence[Candidate],
        now_s: float,
    ) -> list[float]:
        """Return the constant, once per candidate."""
        return [self._probability] * len(candidates)


class RateModel:
    """The click rate of the creative, or else of its size, or else of everything."""

    def __init__(self, name: str, tables: Tables) -> None:
        self.name = name
        self._creatives = _rates(tables, "creative")
        self._sizes = _rates(tables, "size")
        self._base = clipped(tables.base_rate)

    def click_probabilities(
        self,
        auction: Auction,
        opportunity: Opportunity,
        candidates: Sequence[Candidate],
        now_s: float,
    ) -> list[float]:
        """Return one rate per candidate, in order; the page does not matter."""
        return [self._rate(candidate) for candidate in candidates]

    def _rate(self, candidate: Candidate) -> float:
        creative = candidate.creative
        rate = self._creatives.get(creative.id)
        return self._sizes.get(size_of(creative), self._base) if rate is None else rate


def load_click_model(
    directory: Path | None, on_problem: Callable[[str], None], *, engine: Engine = "lightgbm"
) -> ClickModel:
    """Return the model in `directory`, or the best that can stand in for it; never fails.

    `on_problem` is told what is wrong and what serves meanwhile. No directory is no problem. A damaged model is
    stood in for by the one that was kept last.
    """
    if directory is None:
        return ConstantModel()
    try:
        return _load(directory, on_problem, engine)
    except InvalidConfig as error:
        if not (directory / KEPT).exists():
            on_problem(f"{error}; a constant click rate serves instead")
            return ConstantModel()
        try:
            before = _load(directory / KEPT, on_problem, engine)
        except InvalidConfig as worse:
            on_problem(f"{error}; {worse}; a constant click rate serves instead")
            return ConstantModel()
        on_problem(f"{error}; {before.name}, which served before, goes on")
        return before


def _load(directory: Path, on_problem: Callable[[str], None], engine: Engine) -> ClickModel:
    try:
        return load(directory, engine=engine)
    except Unavailable as error:
        on_problem(f"{error}; click rates of the past serve instead of the model")
        artifact = read(directory)
        return RateModel(f"rates/{artifact.name}", artifact.manifest.tables)


def _rates(tables: Tables, column: str) -> dict[str, float]:
    rates = tables.rates[column]
    return {word: clipped(rates[code]) for word, code in tables.codes[column].items()}

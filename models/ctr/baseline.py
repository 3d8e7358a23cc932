"""What serves when no model can: smoothed rates, or a constant; and the choice between them."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from adserver.domain.candidate import Candidate
from adserver.domain.opportunity import Auction, Opportunity
from adserver.errors import InvalidConfig, Unavailable
from adserver.ports import ClickModel, Evidence
from models.ctr.artifact import KIND, Engine, load_found, parsed
from models.ctr.evidence import TableEvidence
from models.ctr.features import Tables, learned_size
from models.ctr.probability import clipped
from models.ctr.spread import LEAST
from models.registry import artifacts
from models.registry.keeping import kept

TYPICAL_CLICK_RATE = 0.002
"""What display advertising sees in the long run, within a factor of a few."""


class Served(NamedTuple):
    """What serves, and what is wrong if it is not what ought to."""

    model: ClickModel
    problem: str = ""
    evidence: Evidence | None = None
    """What its tables say of how little is known; a constant has none."""


class ConstantModel:
    """The same probability for everything."""

    def __init__(self, probability: float = TYPICAL_CLICK_RATE) -> None:
        self.name = "constant"
        self.breadth = LEAST
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
        self.breadth = LEAST
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
        return self._sizes.get(learned_size(creative), self._base) if rate is None else rate


def load_click_model(root: Path, name: str, *, engine: Engine = "counting") -> Served:
    """Return the click model of that name in a registry, or rates where LightGBM's library is wanted and missing.

    Raises `InvalidConfig` if it is damaged.
    """
    return _served(artifacts.read(root, KIND, name), engine)


def stand_in(root: Path, *, engine: Engine = "counting") -> Served:
    """Return what serves when a click model cannot: the one that was kept last, or else a constant; never fails."""
    try:
        before = kept(root, KIND)
        if before is not None:
            served = _served(before, engine)
            goes_on = f"{served.model.name}, which served before, goes on"
            return served._replace(problem=served.problem or goes_on)
    except InvalidConfig as error:
        return Served(ConstantModel(), f"{error}; a constant click rate serves instead")
    return Served(ConstantModel(), "a constant click rate serves instead")


def _served(found: artifacts.Artifact, engine: Engine) -> Served:
    whole = parsed(found)
    model: ClickModel
    try:
        model, problem = load_found(found, whole, engine=engine), ""
    except Unavailable as error:
        model = RateModel(f"rates/{whole.name}", whole.tables)
        problem = f"{error}; click rates of the past serve instead of the model"
    return Served(model, problem, TableEvidence(whole.tables))


def _rates(tables: Tables, column: str) -> dict[str, float]:
    rates = tables.rates[column]
    return {word: clipped(rates[code]) for word, code in tables.codes[column].items()}

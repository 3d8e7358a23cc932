"""The report and the card of a model, written beside it."""

from pathlib import Path

from adserver.errors import Fault, InvalidConfig
from models.ctr.dataset import Dataset
from models.ctr.learner import Learned
from models.evaluation.card import card
from models.evaluation.page import page
from models.evaluation.study import study
from models.progress import Progress

REPORT, CARD = "report.html", "card.md"


def write(
    folder: Path,
    data: Dataset,
    learned: Learned,
    *,
    compared: bool,
    seed: int,
    on_progress: Progress,
) -> None:
    """Study the model and write both. Raises `InvalidConfig` if they cannot be written; the model is published all the same."""
    found = study(data, learned, compared=compared, seed=seed, on_progress=on_progress)
    try:
        (folder / REPORT).write_text(page(folder.name, found), "utf-8")
        (folder / CARD).write_text(card(folder.name, data, learned, found), "utf-8")
    except OSError as error:
        raise InvalidConfig([Fault(str(folder), "$", f"cannot be written to: {error}")]) from error

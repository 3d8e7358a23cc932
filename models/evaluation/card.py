"""The card of a trained model, in Markdown: what it is for, what it was learned from, how good it is, and what it is not for."""

from models.ctr.dataset import Dataset
from models.ctr.learner import Learned
from models.evaluation.drift import MOVED
from models.evaluation.study import Study


def card(name: str, data: Dataset, learned: Learned, study: Study) -> str:
    """Return the card (after Mitchell et al. 2019)."""
    metrics, schema = study.metrics, learned.tables.schema
    off = [f"{each.column} {each.name}" for each in study.slices if not each.inside]
    moved = [column for column, index in study.drift.items() if index > MOVED]
    return "\n".join(
        [
            f"# Click model {name}",
            "",
            "## What it is for",
            "",
            "The probability that an impression is clicked, to value it in an auction. Not for deciding anything about a person.",
            "",
            "## What it was learned from",
            "",
            f"- {study.learned_rows:,} impressions with {study.learned_clicks:,} clicks, each with a basis for measuring and training in the log",
            (
                f"- left out: {data.without_bid:,} without their bid, {data.immature:,} too recent, {data.invalid:,} invalid, "
                f"{data.tally.damaged:,} damaged and {data.tally.torn:,} torn lines of {data.tally.lines:,}"
            ),
            f"- columns: {', '.join(each for each in schema.columns if each not in schema.segments)}",
            f"- segments: {', '.join(learned.tables.segments) or 'none'}",
            "- no id of a person is a column or a key of a table",
            "",
            "## How it was learned",
            "",
            f"- {learned.trees} trees of at most {learned.parameters.leaves} leaves, learning rate {learned.parameters.learning_rate:g}",
            f"- {learned.share:.1%} of the impressions without a click, corrected exactly",
            f"- calibrated on later rows: slope {learned.calibration.slope:.3f}, intercept {learned.calibration.intercept:+.3f}",
            "",
            "## How good it is",
            "",
            f"On the {metrics.impressions:,} latest impressions with {metrics.clicks:,} clicks:",
            "",
            "| model | AUC | normalised entropy | predicted / actual |",
            "| --- | --- | --- | --- |",
            f"| this | {metrics.auc:.4f} | {metrics.normalised_entropy:.4f} | {metrics.calibration:.3f} |",
            *(
                f"| {rival.name} | {rival.metrics.auc:.4f} | {rival.metrics.normalised_entropy:.4f} | {rival.metrics.calibration:.3f} |"
                for rival in study.rivals
            ),
            "",
            "## Where not to trust it",
            "",
            f"- slices in which it is off by more than chance: {', '.join(off) or 'none'}",
            f"- columns that have moved since training: {', '.join(moved) or 'none'}",
            "- what it never saw counts as unknown and gets the average",
            "",
        ]
    )

"""The report on a trained model as one HTML file: nothing is loaded from elsewhere, nothing runs."""

from collections.abc import Sequence
from html import escape

from models.evaluation import plots
from models.evaluation.drift import MOVED, STEADY
from models.evaluation.slices import Slice, poisson
from models.evaluation.study import Rival, Study

_STYLE = """
:root{color-scheme:light dark;--ink:#1a1a1a;--paper:#fff;--line:#d0d0d0;--blue:#1f5fa8;--red:#b3261e}
@media (prefers-color-scheme:dark){:root{--ink:#e8e8e8;--paper:#151515;--line:#444;--blue:#8ab8ee;--red:#ff8a80}}
body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem;color:var(--ink);background:var(--paper)}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}
.wide{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.25rem .8rem .25rem 0;border-bottom:1px solid var(--line);vertical-align:top}
td.n,th.n{text-align:right}svg{max-width:100%;height:auto;display:block}
svg text{font:12px system-ui,sans-serif;fill:var(--ink)}
.bar{fill:var(--blue)}.grid{stroke:var(--line)}.mark{stroke:var(--ink);stroke-dasharray:4 3}
line.good,line.bad{stroke-width:2}.good{stroke:var(--blue);fill:var(--blue)}.bad{stroke:var(--red);fill:var(--red)}
""".strip()
_MOST_BARS, _MOST_PARTS = 15, 8


def page(name: str, study: Study) -> str:
    """Return the page."""
    metrics = study.metrics
    sections = [
        _section("How good", _rivals(study)),
        _section("Does what is predicted come true?", _reliability(study)),
        _section("Slice by slice", _slices(study.slices)),
        _section(
            "What the model looks at", _weights(study.weights) + _importances(study.importances)
        ),
        _section("What has moved since training", _drift(study.drift)),
        _section("Why some decisions came out as they did", _explained(study)),
    ]
    verdict = (
        "better than a constant"
        if metrics.normalised_entropy < 1
        else "<strong>no better than a constant</strong>"
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Click model {escape(name)}</title><style>{_STYLE}</style></head><body><main>"
        f"<h1>Click model {escape(name)}</h1>"
        f"<p>Learned from {study.learned_rows:,} impressions with {study.learned_clicks:,} clicks; judged on the "
        f"{metrics.impressions:,} latest impressions with {metrics.clicks:,} clicks, which neither training nor calibration has seen. "
        f"It is {verdict}.</p>{''.join(sections)}</main></body></html>\n"
    )


def _section(title: str, content: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{content}</section>"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table; all columns but the first are numbers."""
    head = "".join(
        f'<th scope="col"{_numeric(place)}>{escape(cell)}</th>' for place, cell in enumerate(header)
    )
    body = "".join(
        "<tr>"
        + "".join(f"<td{_numeric(place)}>{escape(cell)}</td>" for place, cell in enumerate(row))
        + "</tr>"
        for row in rows
    )
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _folded(table: str) -> str:
    """Return a long table behind a line that opens it."""
    return f"<details><summary>All figures</summary>{table}</details>"


def _numeric(place: int) -> str:
    return ' class="n"' if place else ""


def _rivals(study: Study) -> str:
    ours = study.metrics
    rows = [
        [
            "this model",
            f"{ours.auc:.4f}",
            f"{ours.log_loss:.5f}",
            f"{ours.normalised_entropy:.4f}",
            f"{ours.calibration:.3f}",
            "",
            "",
        ]
    ]
    rows += [_rival(rival) for rival in study.rivals]
    header = [
        "",
        "AUC",
        "log loss",
        "normalised entropy",
        "predicted / actual",
        "AUC, ours more by",
        "entropy, ours less by",
    ]
    note = (
        "<p>Differences with the interval in which 95 % of 500 resamplings lie. "
        f"The linear and the factorised model learn from the latest {study.rivals_rows:,} of the rows and are tuned on the same later part.</p>"
        if len(study.rivals) > 1
        else "<p>Differences with the interval in which 95 % of 500 resamplings lie.</p>"
    )
    return _table(header, rows) + note


def _rival(rival: Rival) -> list[str]:
    metrics, area, entropy = rival.metrics, rival.ours.auc, rival.ours.entropy
    return [
        rival.name,
        f"{metrics.auc:.4f}",
        f"{metrics.log_loss:.5f}",
        f"{metrics.normalised_entropy:.4f}",
        f"{metrics.calibration:.3f}",
        f"{area.value:+.4f} ({area.low:+.4f} to {area.high:+.4f})",
        f"{-entropy.value:+.4f} ({-entropy.high:+.4f} to {-entropy.low:+.4f})",
    ]


def _reliability(study: Study) -> str:
    points = [plots.Point(step.predicted, step.rate, step.low, step.high) for step in study.steps]
    rows = [
        [
            f"{step.predicted:.4%}",
            f"{step.rate:.4%}",
            f"{step.low:.4%} to {step.high:.4%}",
            f"{step.impressions:,}",
        ]
        for step in study.steps
    ]
    return plots.reliability("Actual click rates over predicted ones", points) + _table(
        ["predicted", "came true", "95 %", "impressions"], rows
    )


def _slices(found: Sequence[Slice]) -> str:
    shown = []
    for each in found:
        low, high = poisson(each.clicks)
        name = each.name if each.column == "all" else f"{each.column} {each.name}"
        ratio = min(each.ratio, 5.0)
        shown.append(
            plots.Interval(
                name,
                ratio,
                each.predicted / high,
                each.predicted / low if low else 5.0,
                each.inside,
            )
        )
    rows = [
        [
            each.name if each.column == "all" else f"{each.column} {each.name}",
            f"{each.impressions:,}",
            f"{each.predicted:.1f}",
            f"{each.clicks:,}",
            "inside" if each.inside else "off",
        ]
        for each in found
    ]
    return plots.ratios("Clicks predicted per click that happened", shown) + _folded(
        _table(["slice", "impressions", "clicks predicted", "clicks", "95 % of chance"], rows)
    )


def _bars(title: str, found: dict[str, float], form: str, *line: float) -> str:
    wanted = [plots.Bar(name, value, format(value, form)) for name, value in found.items()]
    return plots.bars(title, wanted[:_MOST_BARS], *line)


def _weights(found: dict[str, float]) -> str:
    if not found:
        return ""
    return (
        "<p>The linear stage: how far each column, or pair of columns, moves the log odds from one impression to another (standard deviation).</p>"
        + _bars("Weight of columns and pairs", found, ".3f")
    )


def _importances(found: dict[str, float]) -> str:
    if not found:
        return "<p>The trees upon it: they never split.</p>"
    return "<p>The trees upon it: share of the loss that splits on a column took away.</p>" + _bars(
        "Importance of columns", found, ".1%"
    )


def _drift(found: dict[str, float]) -> str:
    moved = [name for name, index in found.items() if index > MOVED]
    said = f"Moved: {escape(', '.join(moved))}." if moved else "No column has moved."
    return (
        f"<p>Population stability index between the rows learned from and those judged on; below {STEADY} is steady, above "
        f"{MOVED} (the line) has moved. {said}</p>"
    ) + _bars("Drift of columns", found, ".3f", MOVED)


def _explained(study: Study) -> str:
    parts = ["<p>What each column added to the log odds; before calibration.</p>"]
    for predicted, added in study.explained:
        rows = [[name, f"{value:+.3f}"] for name, value in list(added.items())[:_MOST_PARTS]]
        parts.append(f"<h3>Predicted {predicted:.3%}</h3>" + _table(["column", "log odds"], rows))
    return "".join(parts)

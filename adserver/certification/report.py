"""The report as a page that one can hand on: no scripts, nothing loaded."""

from collections.abc import Sequence
from html import escape

from adserver.certification.check import Outcome, Verdict

_WORDS = {Verdict.PASSED: "passed", Verdict.FAILED: "failed", Verdict.NOT_SHOWN: "not shown"}
_STYLE = """
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.5rem .75rem;border-bottom:1px solid #8886}
td:first-child{white-space:nowrap;font-weight:600}
.passed::before{content:"\\2713\\00a0"}.failed::before{content:"\\2717\\00a0"}.not_shown::before{content:"\\2013\\00a0"}
.failed{color:#b00020}@media (prefers-color-scheme:dark){.failed{color:#ff8a80}}
ul{margin:.25rem 0 0;padding-left:1.2rem}small{opacity:.75}p,td{overflow-wrap:anywhere}
@media (max-width:32rem){thead{display:none}td{display:block}td:first-child{border:0;padding-bottom:0}}
"""


def page(url: str, at: str, outcomes: Sequence[Outcome]) -> str:
    """Return HTML; `at` is when, as people read it. Everything a bidder sent is escaped."""
    counted = ", ".join(
        f"{sum(1 for each in outcomes if each.verdict is verdict)} {word}"
        for verdict, word in _WORDS.items()
    )
    rows = "".join(map(_row, outcomes))
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>Certification of a bidder</title>'
        f"<style>{_STYLE}</style><h1>Certification of a bidder</h1>"
        f"<p>{escape(url)}, {escape(at)}: {counted}.</p>"
        "<table><thead><tr><th>Verdict<th>What is demanded</tr></thead><tbody>"
        f"{rows}</tbody></table></html>\n"
    )


def _row(outcome: Outcome) -> str:
    said = "".join(f"<li>{escape(each[:500])}</li>" for each in outcome.found)
    return (
        f'<tr><td class="{outcome.verdict.value}">{_WORDS[outcome.verdict]}'
        f"<td>{escape(outcome.says)} <small>{escape(outcome.check)}; {escape(outcome.source)}</small>"
        + (f"<ul>{said}</ul>" if said else "")
    )

"""The state of every line item, for people to read."""

from adserver.background.report_rows import InvalidRow, LineReport
from adserver.domain.budget import day_of
from adserver.domain.ledger import IMPRESSION, LIFETIME, NO_FEES, Ledger
from adserver.domain.marks import SPEND, Marks, by_day, by_line_item
from adserver.domain.validity import Correction
from adserver.processes.owner.exposure import Exposure
from adserver.processes.owner.lines import Lines
from adserver.processes.owner.paces import Paces


def report(
    ledger: Ledger, lines: Lines, paces: Paces, exposure: Exposure, now_s: float
) -> tuple[LineReport, ...]:
    """Return one row per line item of the catalog, whether it ever spent or not."""
    rows = []
    invalid, restored = by_line_item(ledger.marks.invalid), by_line_item(ledger.marks.restored)

    def counted(key: int, kind: str) -> int:
        return ledger.counts.get((key, kind), 0) + restored[key, kind]

    for key, chain in lines.chains.items():
        item = chain.line_item
        name = f"line_item/{item.id}"
        whole = ledger.account(f"{name}{LIFETIME}")
        today = ledger.account(f"{name}/{day_of(chain.zone, now_s).label}")
        media, data, tech, margin = ledger.entries.get(key, NO_FEES)
        payer = lines.payer(key, now_s)
        plans = [payer.plan(bound, now_s) for bound in payer.bounds] if payer else []
        rows.append(
            LineReport(
                line_item=item.id,
                advertiser=chain.advertiser,
                budget_lifetime=item.budget.lifetime,
                budget_daily=item.budget.daily,
                settled=whole.settled,
                settled_today=today.settled,
                outstanding=whole.outstanding,
                late=whole.late,
                media=media,
                data=data,
                tech=tech,
                margin=margin,
                pace=paces.value(key),
                planned=min(plans, default=None),
                impressions=counted(key, IMPRESSION),
                clicks=counted(key, "click"),
                orders=counted(key, "order"),
                billable=media + data + tech + margin - invalid[key, SPEND],
                invalid_spend=invalid[key, SPEND],
                invalid_impressions=invalid[key, IMPRESSION],
                invalid_clicks=invalid[key, "click"],
                invalid_orders=invalid[key, "order"],
                installs=counted(key, "install"),
                exposed=exposure.of(key),
                shifted=ledger.shifted.get(f"{name}{LIFETIME}", 0),
                shifted_today=ledger.shifted.get(f"{name}/{day_of(chain.zone, now_s).label}", 0),
            )
        )
    return tuple(rows)


def invalid_rows(marks: Marks, of: Correction | None = None) -> tuple[InvalidRow, ...]:
    """Return what each rule marked on each day, the latest day first; or only what a correction names."""
    invalid, restored = by_day(marks.invalid), by_day(marks.restored)
    keys = sorted(invalid.keys() | restored.keys(), key=lambda key: (-key[1], key))
    return tuple(
        InvalidRow(rule, day_s, kind, invalid[rule, day_s, kind], restored[rule, day_s, kind])
        for rule, day_s, kind in keys
        if of is None or of.names(rule, day_s)
    )

"""What the demo shows: the exchange's count, the workers' metrics, the owner's books."""

import urllib.request
from pathlib import Path
from typing import Any

import msgspec
from prometheus_client.parser import text_string_to_metric_families
from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from adserver import bootstrap
from adserver.commands.asking import ask, money_table
from adserver.config import Loaded
from adserver.errors import InvalidConfig, Unavailable
from models.registry.rounds import Round, read_round
from models.registry.state import read_state

TOP_REASONS = 5
TIMEOUT_S = 2.0


class Watch:
    """Reads all three once a second; what does not answer keeps its last state."""

    def __init__(self, loaded: Loaded, status: Path) -> None:
        self._loaded = loaded
        self._status_file = status
        self.exchange: dict[str, Any] = {}
        self.books: list[dict[str, Any]] = []
        self.reasons: dict[str, float] = {}
        self.model = ""
        self.seconds = 0.0
        """How long it has served."""
        self.learned = Round()
        """How far training has come since it serves."""

    def look(self) -> None:
        """Take a fresh look at everything."""
        if self._status_file.exists():
            self.exchange = msgspec.json.decode(self._status_file.read_bytes())
        root = bootstrap.places(self._loaded).models
        self.learned = read_round(root)
        self.model = f"lightgbm/{read_state(root).roles('click').champion}"
        try:
            self.books = ask(self._loaded, "/report")["lines"]
            self.reasons = self._no_bids()
        except (Unavailable, InvalidConfig, OSError):
            return  # a worker or the owner is being replaced: the table keeps what it had

    def over_budget(self) -> list[str]:
        """Return the line items that spent more than their budget allows; there must be none."""
        over = []
        for line in self.books:
            for spent, budget in (
                ("settled_today", "budget_daily"),
                ("settled", "budget_lifetime"),
            ):
                if line[budget] is not None and line[spent] > line[budget]:
                    over.append(line["line_item"])
        return over

    @property
    def spend(self) -> float:
        """What was settled so far, in currency units."""
        total: int = sum(line["settled"] for line in self.books)
        return total / 1e9

    def table(self, title: str) -> RenderableType:
        """Return the live view."""
        seen = self.exchange
        latency = seen.get("latency_ms", {})
        head = Table(header_style="bold", box=SIMPLE_HEAD, padding=(0, 1, 0, 0), title=title)
        figures = {
            "req/s": f"{seen.get('requests_per_second', 0):.0f}",
            "requests": f"{seen.get('sent', 0):,}",
            "bid": _share(seen.get("bid_responses", 0), seen.get("answered", 0)),
            "win": _share(seen.get("wins", 0), seen.get("bids", 0)),
            "impr.": f"{seen.get('impressions', 0):,}",
            "clicks": str(seen.get("clicks", 0)),
            "orders": str(seen.get("orders", 0)),
            "spend": f"{self.spend:.3f}",
            "p50": _milliseconds(latency.get("p50")),
            "p99 ms": _milliseconds(latency.get("p99")),
            "errors": str(sum(seen.get("errors", {}).values())),
        }
        for name in figures:
            head.add_column(name, justify="right", no_wrap=True)
        head.add_row(*figures.values())
        top = sorted(self.reasons.items(), key=lambda pair: -pair[1])[:TOP_REASONS]
        why = ", ".join(f"{reason} {count:.0f}" for reason, count in top) or "none yet"
        return Group(
            head,
            Text(f"no bids by reason: {why}"),
            Text(
                f"bids: {seen.get('personal', 0):,} personal, {seen.get('contextual', 0):,} contextual, of which "
                f"{seen.get('to_refusers', 0):,} for people who refused; so far {seen.get('opt_outs', 0)} opted out and "
                f"{seen.get('objections', 0)} objected to a segment"
            ),
            Text(f"click model {self.model}; {self._told_of_learning()}"),
            money_table(self.books),
        )

    @property
    def rounds(self) -> int:
        """How many rounds of learning ended well while it served."""
        under_way = self.learned.number > 0 and not self.learned.ended_s
        failed = not under_way and not any(each.model for each in self.learned.judged)
        return max(self.learned.number - under_way - failed, 0)

    def _told_of_learning(self) -> str:
        seen = self.learned
        if not seen.number:
            return "it will be trained again while it serves"
        if not seen.ended_s:
            return f"round {seen.number} of training: {seen.stage} {seen.done:.0%}"
        last = "; ".join(f"{each.kind}: {each.why}" for each in seen.judged if each.model)
        return f"trained again {seen.number} times, {seen.promotions} times for the better; the last: {last}"

    def _no_bids(self) -> dict[str, float]:
        http = self._loaded.settings.http
        counted: dict[str, float] = {}
        for slot in range(self._loaded.settings.workers):
            url = f"http://{http.host}:{http.private_port + slot}/metrics"
            with urllib.request.urlopen(url, timeout=TIMEOUT_S) as response:
                text = response.read().decode()
            for family in text_string_to_metric_families(text):
                if family.name == "adserver_no_bids":
                    for sample in family.samples:
                        if sample.name.endswith("_total") and sample.value:
                            reason = sample.labels["reason"]
                            counted[reason] = counted.get(reason, 0) + sample.value
        return counted


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "-"


def _milliseconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"

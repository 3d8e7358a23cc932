"""What happened so far in a simulated market: counts, faults by kind, money by advertiser."""

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from loadtest.latency import Latencies


@dataclass
class Summary:
    """Counts of one run; `spend` is in micros of dollars per mille, which are nanos per impression."""

    sent: int = 0
    answered: int = 0
    bid_responses: int = 0
    bids: int = 0
    wins: int = 0
    impressions: int = 0
    clicks: int = 0
    orders: int = 0
    personal: int = 0
    """Bids chosen by what is known of the person, as they say themselves (DSA)."""
    contextual: int = 0
    """Bids chosen without."""
    untold: int = 0
    """Bids that do not say by what they were chosen."""
    to_refusers: int = 0
    """Bids for people who refused, by their consent string or by an opt-out; all must be contextual."""
    opt_outs: int = 0
    """People who followed the link in an advertisement and opted out."""
    objections: int = 0
    """People who objected to a segment there."""
    unfinished: int = 0
    """Things that were still to come when the run ended."""
    seconds: float = 0.0
    sending_s: float = 0.0
    """The part of it in which new requests were sent."""
    notices: Counter[str] = field(default_factory=Counter)
    """Delivered, by kind."""
    repeated: Counter[str] = field(default_factory=Counter)
    """Delivered once more on purpose."""
    lost: Counter[str] = field(default_factory=Counter)
    """Never sent, on purpose."""
    retried: Counter[str] = field(default_factory=Counter)
    """Sent again because the answer was 503 or none."""
    errors: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    """The first particulars of each kind of error."""
    spend: Counter[str] = field(default_factory=Counter)
    latencies: Latencies = field(default_factory=Latencies)

    def error(self, kind: str, detail: str = "") -> None:
        """Count a fault and keep the particulars of the first of its kind."""
        self.errors[kind] += 1
        self.examples.setdefault(kind, detail[:300])

    def as_dict(self) -> dict[str, Any]:
        """Return everything as JSON values; money in US dollars."""
        return {
            "sent": self.sent,
            "answered": self.answered,
            "bid_responses": self.bid_responses,
            "bids": self.bids,
            "wins": self.wins,
            "impressions": self.impressions,
            "clicks": self.clicks,
            "orders": self.orders,
            "personal": self.personal,
            "contextual": self.contextual,
            "untold": self.untold,
            "to_refusers": self.to_refusers,
            "opt_outs": self.opt_outs,
            "objections": self.objections,
            "unfinished": self.unfinished,
            "seconds": round(self.seconds, 3),
            "requests_per_second": round(self.sent / self.sending_s, 1) if self.sending_s else 0.0,
            "latency_ms": self.latencies.table(),
            "currency": "USD",
            "spend": {domain: nanos / 1e9 for domain, nanos in self.spend.most_common()},
            "notices": dict(self.notices),
            "repeated": dict(self.repeated),
            "lost": dict(self.lost),
            "retried": dict(self.retried),
            "errors": dict(self.errors),
            "examples": self.examples,
        }

    def write(self, path: Path) -> None:
        """Replace the file by the present state, so that a reader never sees half of it."""
        unfinished = path.with_name(f"{path.name}.{os.getpid()}.new")
        unfinished.write_bytes(orjson.dumps(self.as_dict()))
        unfinished.replace(path)

"""Holds an open-loop measurement against bars; the exit code says whether all were kept."""

import argparse
from pathlib import Path
from typing import Any, NamedTuple

import orjson


class Verdict(NamedTuple):
    """One bar and how it was kept."""

    name: str
    measured: float
    bar: float
    kept: bool


def judge(
    measured: dict[str, Any], bars: dict[str, float], rate_share: float, failures: float
) -> list[Verdict]:
    """Return one verdict per latency bar (ms), for the rate reached and for the share of failures."""
    latency = measured["latency_ms"]
    verdicts = [
        Verdict(name, latency[name], bar, latency[name] <= bar) for name, bar in bars.items()
    ]
    reached = measured["achieved_rate"] / measured["target_rate"]
    verdicts.append(Verdict("rate share", reached, rate_share, reached >= rate_share))
    bad = measured["unanswered"] + sum(
        count for status, count in measured["statuses"].items() if not status.startswith("2")
    )
    share = bad / max(measured["intended"], 1)
    verdicts.append(Verdict("failure share", share, failures, share <= failures))
    return verdicts


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare this command's options."""
    parser.add_argument("file", type=Path, help="what `openloop --json` printed")
    parser.add_argument("--p50", type=float, help="milliseconds")
    parser.add_argument("--p99", type=float, help="milliseconds")
    parser.add_argument("--p99.9", dest="p999", type=float, help="milliseconds")
    parser.add_argument("--rate-share", type=float, default=0.97, help="of the target, at least")
    parser.add_argument("--failure-share", type=float, default=0.0, help="of the requests, at most")


def command(arguments: argparse.Namespace) -> int:
    """Print a line per bar; exit code 0 if all are kept, 1 if not."""
    given = {"p50": arguments.p50, "p99": arguments.p99, "p99.9": arguments.p999}
    bars = {name: bar for name, bar in given.items() if bar is not None}
    try:
        measured = orjson.loads(arguments.file.read_bytes())
        verdicts = judge(measured, bars, arguments.rate_share, arguments.failure_share)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{arguments.file}: not an open-loop measurement: {error!r}") from None
    if arguments.json:
        print(orjson.dumps([verdict._asdict() for verdict in verdicts]).decode())
    else:
        for name, value, bar, kept in verdicts:
            print(f"{'kept  ' if kept else 'MISSED'}  {name:<14} {value:>10.3f}  bar {bar:g}")
    return 0 if all(verdict.kept for verdict in verdicts) else 1

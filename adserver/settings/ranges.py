"""What numbers of the settings may be, and the base of their sections."""

from decimal import Decimal

import msgspec

from adserver.domain.money import MAX_CPM


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the file that refuses what it does not know."""


RANGES: dict[str, tuple[int | Decimal, int | Decimal]] = {
    "network_margin_ms": (0, 10_000), "default_tmax_ms": (1, 60_000),
    "expiry_s": (1, 7 * 86_400), "expiry_out_of_home_s": (1, 7 * 86_400), "price_skew_s": (0, 86_400), "max_cpm": (0, MAX_CPM),
    "hourly_ceiling": (0, 1_000_000_000), "gzip_above_bytes": (0, 1 << 30),
    "keep_percent": (0, 100), "workers": (1, 64),
    "vendor_id": (0, 65_535), "explore_percent": (0, 100), "learn_percent": (0, 100), "retrain_every_minutes": (0, 527_040),
    "click_days": (1, 365), "header_timeout_ms": (1, 60_000),
    "body_timeout_ms": (1, 60_000), "idle_timeout_s": (1, 3_600),
    "max_connections": (1, 1_000_000), "max_requests_per_s": (1, 1_000_000),
    "markup_kb": (1, 10_000), "max_waiting": (8, 100_000), "port": (1, 65_535), "private_port": (1, 65_535),
}  # fmt: skip
"""What a number may be, ends included. Wider than anybody needs; outside lies a slip of the pen."""


def out_of_range(at: str, section: Section) -> list[tuple[str, str]]:
    """Return a fault for each number of a section that is no sensible one; `at` is where it stands."""
    found = []
    for name in section.__struct_fields__:
        value = getattr(section, name)
        if name in RANGES and value is not None:
            lowest, highest = RANGES[name]
            if not between(value, lowest, highest):
                found.append((f"{at}.{name}", f"must be between {lowest} and {highest}"))
    return found


def between(value: int | Decimal, lowest: int | Decimal, highest: int | Decimal) -> bool:
    """Tell whether it is; `.nan` is a number to YAML, and comparing it would raise."""
    return Decimal(value).is_finite() and lowest <= value <= highest

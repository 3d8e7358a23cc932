"""The avazu sample as a table of ours, and days of it to learn from and to judge."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from models.ctr.dataset import Dataset
from models.tables import Mapping, Time, read_table
from tests.torture.figures import Missing

FILE = "ml/avazu_20k/avazu_20k.csv.xz"
PLAIN = (
    "C1", "banner_pos", "site_id", "site_domain", "site_category", "app_id", "app_domain", "app_category",
    "device_id", "device_ip", "device_model", "device_type", "device_conn_type", "C14", "C15", "C16", "C17", "C18",
    "C19", "C20", "C21",
)  # fmt: skip
ORDINAL = (
    "C1", "banner_pos", "device_type", "device_conn_type", "C14", "C15", "C16", "C17", "C18", "C19", "C21",
)  # fmt: skip
"""Codes that stand in an order: campaigns and creatives are numbered as they were made."""
_PUBLICATION = ("site_id", "app_id")
CROSSES = {
    "pub": _PUBLICATION,
    "pub_domain": ("site_domain", "app_domain"),
    "pub_category": ("site_category", "app_category"),
    "size": ("C15", "C16"),
    "pub_C14": (*_PUBLICATION, "C14"),
    "pub_C17": (*_PUBLICATION, "C17"),
    "pub_C20": (*_PUBLICATION, "C20"),
    "pub_C21": (*_PUBLICATION, "C21"),
    "pub_device_model": (*_PUBLICATION, "device_model"),
    "C14_C20": ("C14", "C20"),
    "C14_device_model": ("C14", "device_model"),
    "C17_C20_C21": ("C17", "C20", "C21"),
    "pub_C17_banner_pos": (*_PUBLICATION, "C17", "banner_pos"),
    "ip_device_model": ("device_ip", "device_model"),
}
RATED = (
    "C1", "banner_pos", "site_id", "app_id", "device_model", "device_type", "device_conn_type",
    "C14", "C17", "C18", "C19", "C20", "C21", *CROSSES,
)  # fmt: skip
MAPPING = Mapping(
    time=Time("hour", "%y%m%d%H"),
    click="click",
    words={name: name for name in PLAIN},
    numbers={f"{name}_number": name for name in ORDINAL},
    crosses=CROSSES,
    clock=("hour",),
    rated=RATED,
)


class Fold(NamedTuple):
    """All days before one, and that day behind them."""

    data: Dataset
    until: int
    """Rows before that are learned from."""


def load() -> Dataset:
    """Read all rows. Raises `Missing` without the corpus."""
    root = os.environ.get("ADSERVER_CORPUS")
    path = Path(root or "", FILE)
    if not root or not path.exists():
        raise Missing("ADSERVER_CORPUS names no folder with the avazu sample")
    return read_table(path, MAPPING)


def folds(data: Dataset, days: range) -> Iterator[Fold]:
    """Yield each of these days of the month with everything before it."""
    day = np.array(data.at, "datetime64[s]").astype("datetime64[D]").astype(object)
    number = np.array([each.day for each in day])
    for wanted in days:
        rows = np.flatnonzero(number <= wanted)
        yield Fold(data.take(rows), int((number < wanted).sum()))

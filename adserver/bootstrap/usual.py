"""How often people usually click, by the tables of the click model that serves: what candidates are ordered by."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from adserver.catalog.candidates import ANY_OTHER, NO_RATES
from adserver.errors import InvalidConfig
from models.ctr.features import Tables
from models.registry.artifacts import read
from models.registry.state import read_state

_FILE = "tables.json"


def usual_rates(models: Path) -> Mapping[str, float]:
    """Return click rates by line item, as of now; nothing without a model.

    They order candidates and no more, so that a damaged model, of which whoever serves it complains, is passed over here.
    """
    try:
        champion = read_state(models).roles("click").champion
        if not champion:
            return NO_RATES
        tables = msgspec.json.decode(read(models, "click", champion).files[_FILE], type=Tables)
    except (InvalidConfig, ValueError, KeyError):
        return NO_RATES
    if any(tables.problems()):
        return NO_RATES
    rates = tables.rates["line_item"]
    usual = {name: rates[code] for name, code in tables.codes["line_item"].items()}
    return {**usual, ANY_OTHER: tables.base_rate}

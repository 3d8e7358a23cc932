"""`make quality`: how well it decides, each figure beside its bar.

A bar is a function from `Scale` to figures; a new one is a line in `BARS`.
"""

import sys

from tests.parity.compared import run as parity
from tests.quality import page
from tests.quality.bidding import run as bidding
from tests.quality.calibration import run as calibration
from tests.quality.clicks import run as clicks
from tests.quality.conversions import run as conversions
from tests.quality.exploring import run as exploring
from tests.quality.pacing import run as pacing
from tests.quality.shading import run as shading
from tests.quality.shortlisted import run as shortlisted
from tests.quality.world import run as world
from tests.torture.figures import Scale
from tests.torture.telling import Bars, parser, tell

BARS: Bars = {
    "M1": clicks,
    "M2": calibration,
    "M3": world,
    "M4": shading,
    "M5": bidding,
    "M6": pacing,
    "conversions": conversions,
    "learning": exploring,
    "parity": parity,
    "shortlist": shortlisted,
}


def main() -> int:
    """Measure what is asked for; 1 if a bar is missed."""
    asked = parser("tests.quality", __doc__, BARS)
    asked.add_argument("--write", action="store_true", help="into docs/reference/quality.md, too")
    options = asked.parse_args()
    if options.write and options.scale != "full":
        asked.error("only the full scale is written down")
    scale = Scale(full=options.scale == "full", seed=options.seed)
    return tell(
        "Quality",
        BARS,
        asked,
        options,
        lambda _: scale,
        also=page.write if options.write else page.nothing,
    )


if __name__ == "__main__":
    sys.exit(main())

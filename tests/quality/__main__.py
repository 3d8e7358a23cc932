"""`make quality`: how well it decides, each figure beside its bar.

A bar is a function from `Scale` to figures; a new one is a line in `BARS`.
"""

import sys

from tests.quality.bidding import run as bidding
from tests.quality.pacing import run as pacing
from tests.torture.figures import Scale
from tests.torture.telling import Bars, parser, tell

BARS: Bars = {
    "M5": bidding,
    "M6": pacing,
}


def main() -> int:
    """Measure what is asked for; 1 if a bar is missed."""
    asked = parser("tests.quality", __doc__, BARS)
    options = asked.parse_args()
    scale = Scale(full=options.scale == "full", seed=options.seed)
    return tell("Quality", BARS, asked, options, lambda _: scale)


if __name__ == "__main__":
    sys.exit(main())

"""`make torture`: what the server must survive, each figure beside its bar.

A bar is a function from `Scale` to figures; a new one is a line in `BARS`.
"""

import sys

from tests.torture.canaries import run as canaries
from tests.torture.changes import run as changes
from tests.torture.consent import run as consent
from tests.torture.database import run as database
from tests.torture.deadlines import run as deadlines
from tests.torture.erasure import run as erasure
from tests.torture.figures import Scale
from tests.torture.forgeries import run as forgeries
from tests.torture.greedy import run as greedy
from tests.torture.kills import run as kills
from tests.torture.labels import run as labels
from tests.torture.mutations import run as mutations
from tests.torture.non_interference import run as non_interference
from tests.torture.overload import run as overload
from tests.torture.overspend import run as overspend
from tests.torture.overspend import served as overspend_served
from tests.torture.reasons import run as reasons
from tests.torture.remote import run as remote
from tests.torture.simulated import run as simulated
from tests.torture.telling import Bars, parser, tell
from tests.torture.together import run as together
from tests.torture.untrusted import run as untrusted

BARS: Bars = {
    "R1": mutations,
    "R2": overload,
    "R3": deadlines,
    "R4": kills,
    "R4s": simulated,
    "R5": overspend,
    "R5-servers": overspend_served,
    "R6": remote,
    "R6-ledger": database,
    "R6-servers": together,
    "R7": changes,
    "R8": greedy,
    "R9": forgeries,
    "R10": untrusted,
    "R11": consent,
    "R12": canaries,
    "R13": erasure,
    "R14": labels,
    "R15": reasons,
    "R16": non_interference,
}
MINUTES = {"full": 6.0, "short": 0.5}
LONGER = {"R1": 1.5, "R4": 1.5, "R4s": 10.0, "R11": 1.5}
"""A million requests take their time, 200 deaths, 1,000 simulated days, and 100,000 strings by the official libraries."""


def main() -> int:
    """Measure what is asked for; 1 if a bar is missed."""
    asked = parser("tests.torture", __doc__, BARS)
    asked.add_argument("--minutes", type=float, help="at most so long for each bar")
    options = asked.parse_args()
    minutes = MINUTES[options.scale]

    def scale(name: str) -> Scale:
        seconds = 60 * (options.minutes or minutes * LONGER.get(name, 1.0))
        return Scale(full=options.scale == "full", seconds=seconds, seed=options.seed)

    return tell("Torture", BARS, asked, options, scale)


if __name__ == "__main__":
    sys.exit(main())

"""The server with less patience: what would take it a minute to give up takes seconds.

usage: python -m tests.endpoints.impatient serve -c SETTINGS
"""

import sys

from adserver.__main__ import main
from adserver.processes import crew, supervisor

BUILD_S = 1.0
LEAVE_S = 2.5
"""More than a worker takes that drains without having anything to do."""
HUNG_S = 3.0
"""Six beats: enough for a busy machine."""

if __name__ == "__main__":
    supervisor.BUILD_S = BUILD_S
    crew.LEAVE_S = LEAVE_S
    crew.HUNG_S = HUNG_S
    supervisor.OWNER_HUNG_S = HUNG_S
    supervisor.LOOK_S = 0.25
    sys.exit(main(sys.argv[1:]))

"""All acceptance tests, in the order in which they are run."""

from adserver.certification.check import Check
from adserver.certification.checks.blocks import BLOCKS
from adserver.certification.checks.media import MEDIA_TYPES
from adserver.certification.checks.money import MONEY
from adserver.certification.checks.notices import NOTICES
from adserver.certification.checks.privacy import PRIVACY
from adserver.certification.checks.protocol import PROTOCOL
from adserver.certification.checks.timing import TIMING

CHECKS: tuple[Check, ...] = (
    *PROTOCOL, *MEDIA_TYPES, *MONEY, *BLOCKS, *PRIVACY, *TIMING, *NOTICES,
)  # fmt: skip

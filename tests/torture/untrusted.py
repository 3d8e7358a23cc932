"""R10: what others wrote runs nothing, leads nowhere else, and makes us ask nobody who may not be asked."""

from collections.abc import Sequence

from tests.torture import fetches, redirects, texts
from tests.torture.figures import Figure, Scale


def run(scale: Scale) -> Sequence[Figure]:
    """Try texts in a browser, links of clicks, and outbound fetches."""
    return [*texts.run(scale), *redirects.run(scale), *fetches.run(scale)]

"""Which native ads fill the parts that a publisher asks for."""

from collections import defaultdict
from collections.abc import Sequence
from functools import partial

from adserver.catalog.fitting.spaces import Remembered, Step
from adserver.domain.bits import bits
from adserver.domain.creative import AnyCreative, Native
from adserver.domain.native_fit import NativeShape, fits, shape_of
from adserver.domain.opportunity import NativeSpace
from adserver.domain.reasons import Reason


class NativeIndex:
    """Native ads by what a publisher can ask of them."""

    def __init__(self, creatives: Sequence[AnyCreative]) -> None:
        size = len(creatives)
        natives: dict[NativeShape, list[int]] = defaultdict(list)
        models: dict[NativeShape, Native] = {}
        for index, creative in enumerate(creatives):
            if isinstance(creative, Native):
                shape = shape_of(creative)
                natives[shape].append(index)
                models[shape] = creative
        self.natives = bits(
            (i for i, each in enumerate(creatives) if isinstance(each, Native)), size
        )
        self._spaces = Remembered[NativeSpace](
            [
                (partial(native_misfit, models[shape]), bits(members, size))
                for shape, members in natives.items()
            ]
        )

    def misfits(self, space: NativeSpace) -> tuple[Step, ...]:
        """Return the native ads that cannot fill what is required, by reason."""
        return self._spaces.misfits(space)


def native_misfit(creative: Native, space: NativeSpace) -> Reason | None:
    """Tell why a native ad of this shape does not fit, or `None` if it does."""
    return None if fits(creative, space) else Reason.NATIVE_ASSETS

"""The click model through LightGBM's own C interface.

Loads the shared library alone, since importing the Python package costs 40 MB. Load a model only after
the process has forked: the library is built on OpenMP, whose threads do not survive a fork. A process
that has loaded a model here also trains with one thread only.
Not for several threads at once: an instance owns its buffer.
"""

import ctypes
from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from math import isnan
from operator import add
from pathlib import Path
from struct import Struct

from adserver.domain.candidate import Candidate
from adserver.domain.opportunity import Auction, Opportunity
from adserver.errors import Unavailable
from models.ctr.encoder import Encoder
from models.ctr.features import COLUMNS
from models.ctr.linear import BATCH
from models.ctr.probability import Calibration
from models.ctr.spread import breadth

_RAW_SCORE, _FLOAT64, _ROW_MAJOR, _ALL_TREES = 1, 1, 1, -1


@lru_cache(maxsize=1)
def library() -> ctypes.CDLL:
    """Return LightGBM's shared library, loaded once. Raises `Unavailable` with what to install."""
    spec = find_spec("lightgbm")  # finds without importing
    if spec is None or spec.origin is None:
        raise Unavailable("the Python package lightgbm is not installed")
    path = Path(spec.origin).parent / "lib" / "lib_lightgbm.so"
    try:
        native = ctypes.CDLL(str(path))
    except OSError as error:
        raise Unavailable(
            f"LightGBM's library cannot be loaded: {error}. If libgomp.so.1 is what is missing, "
            "install the system package `libgomp1` (Debian, Ubuntu) or `libgomp` (Fedora)"
        ) from error
    native.LGBM_GetLastError.restype = ctypes.c_char_p
    native.LGBM_BoosterPredictForMat.argtypes = [
        ctypes.c_void_p,  # the model
        ctypes.c_void_p,  # values, row by row
        ctypes.c_int,  # their type
        ctypes.c_int32,  # rows
        ctypes.c_int32,  # columns
        ctypes.c_int,  # row-major
        ctypes.c_int,  # what to predict
        ctypes.c_int,  # first tree
        ctypes.c_int,  # how many trees
        ctypes.c_char_p,  # parameters
        ctypes.c_void_p,  # out: how many numbers
        ctypes.c_void_p,  # out: the numbers
    ]
    return native


class NativeTrees:
    """A model inside LightGBM. Its reader may crash on damaged text: see `registry.checking`."""

    def __init__(self, text: bytes) -> None:
        """Raise `ValueError` with LightGBM's own message if it refuses the text."""
        self._library = library()
        self._library.LGBM_SetMaxThreads(1)  # its reader would start one thread per core
        self._handle = ctypes.c_void_p()
        trees = ctypes.c_int()
        self._check(
            self._library.LGBM_BoosterLoadModelFromString(
                text, ctypes.byref(trees), ctypes.byref(self._handle)
            )
        )
        columns = ctypes.c_int()
        self._check(self._library.LGBM_BoosterGetNumFeature(self._handle, ctypes.byref(columns)))
        if columns.value != len(COLUMNS):
            raise ValueError(f"the model has {columns.value} columns, not {len(COLUMNS)}")
        self._values = (ctypes.c_double * (BATCH * len(COLUMNS)))()
        self._count = ctypes.c_int64()
        self._log_odds = (ctypes.c_double * BATCH)()
        self._addresses = (
            ctypes.addressof(self._values),
            ctypes.addressof(self._count),
            ctypes.addressof(self._log_odds),
        )
        self._pack = Struct(f"{len(COLUMNS)}d").pack_into

    def log_odds(
        self, context: Sequence[float], candidates: Sequence[Sequence[float]]
    ) -> list[float]:
        """Return what the trees add up to for values of `COLUMNS`, at most `BATCH` candidates."""
        for row, values in enumerate(candidates):
            self._pack(self._values, row * 8 * len(COLUMNS), *context, *values)
        rows = len(candidates)
        values_at, count_at, log_odds_at = self._addresses
        self._check(
            self._library.LGBM_BoosterPredictForMat(
                self._handle,
                values_at,
                _FLOAT64,
                rows,
                len(COLUMNS),
                _ROW_MAJOR,
                _RAW_SCORE,
                0,
                _ALL_TREES,
                b"num_threads=1",
                count_at,
                log_odds_at,
            )
        )
        return self._log_odds[:rows]

    def __del__(self) -> None:
        if handle := getattr(self, "_handle", None):
            self._library.LGBM_BoosterFree(handle)

    def _check(self, code: int) -> None:
        if code != 0:
            message = self._library.LGBM_GetLastError().decode("utf-8", "replace")
            raise ValueError(f"LightGBM refuses: {message}")


class BoosterModel:
    """LightGBM's trees walked by LightGBM itself."""

    def __init__(
        self, name: str, trees: NativeTrees, encoder: Encoder, calibration: Calibration
    ) -> None:
        self.name = name
        self._trees = trees
        self._encoder = encoder
        self._calibration = calibration
        self.breadth = breadth(encoder.spread)

    def click_probabilities(
        self,
        auction: Auction,
        opportunity: Opportunity,
        candidates: Sequence[Candidate],
        now_s: float,
    ) -> list[float]:
        """Return one calibrated probability per candidate, in order."""
        if not candidates:
            return []
        encoder = self._encoder
        context = encoder.context(auction, opportunity, now_s)
        log_odds: list[float] = []
        for start in range(0, len(candidates), BATCH):
            batch = candidates[start : start + BATCH]
            rows = encoder.candidates(auction, batch)
            trees = self._trees.log_odds(context, rows)
            begins = [0.0 if isnan(row[-1]) else row[-1] for row in rows]
            log_odds += map(add, trees, begins)
        return self._calibration.probabilities(log_odds)

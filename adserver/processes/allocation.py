"""How the C library hands out memory in a process that lives for months and now and then reads something large."""

import ctypes

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # from glibc's malloc.h
LARGE_BYTES = 64 * 1_024
SPARE_BYTES = 256 * 1_024


def keep_flat() -> bool:
    """Give large blocks a mapping of their own, which goes back to the system when they are freed.

    By itself glibc raises that threshold to the largest block ever freed: from then on large bodies lie between
    small things that stay, and the heap creeps upwards for days. Returns `False` for a C library without `mallopt`.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    return bool(mallopt(_M_MMAP_THRESHOLD, LARGE_BYTES)) and bool(
        mallopt(_M_TRIM_THRESHOLD, SPARE_BYTES)
    )

"""Dice without chance: uniform numbers as keyed hashes, so that a decision can be repeated."""

_MASK = (1 << 64) - 1
PPM = 1_000_000


def mixed(seed: int, label: int) -> int:
    """Return 64 well-mixed bits of a seed and what the number is for (splitmix64's finaliser)."""
    bits = (seed + 0x9E3779B97F4A7C15 * (label + 1)) & _MASK
    bits = ((bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    bits = ((bits ^ (bits >> 27)) * 0x94D049BB133111EB) & _MASK
    return bits ^ (bits >> 31)


def happens(seed: int, label: int, ppm: int) -> bool:
    """Tell whether something that happens `ppm` times in a million happens this time."""
    return mixed(seed, label) % PPM < ppm

"""Two derivatives of the logarithm of the gamma function, by recurrence and Stirling's series (Abramowitz and Stegun 6.3.18)."""

from math import log


def digamma(x: float) -> float:
    """Return the mean of the logarithm of a gamma variable of shape `x` > 0 and scale 1."""
    result = 0.0
    while x < 6:  # noqa: PLR2004 - from there on the series is exact enough
        result -= 1.0 / x
        x += 1.0
    square = 1.0 / (x * x)
    return result + log(x) - 0.5 / x - square * (1 / 12 - square * (1 / 120 - square / 252))


def trigamma(x: float) -> float:
    """Return the variance of that logarithm."""
    result = 0.0
    while x < 6:  # noqa: PLR2004 - as above
        result += 1.0 / (x * x)
        x += 1.0
    square = 1.0 / (x * x)
    return result + 1.0 / x + square / 2 + square / x * (1 / 6 - square * (1 / 30 - square / 42))

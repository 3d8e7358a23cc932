"""A clock that tests turn."""


class Watch:
    """Called, it says what it was set to."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        """Return seconds since some moment."""
        return self.now_s

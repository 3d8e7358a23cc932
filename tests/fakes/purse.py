"""A purse with as much as it is told, for tests that are not about money."""

from adserver.domain.money import Nanos


class FakePurse:
    """Funds everybody unless told otherwise; remembers what was claimed."""

    def __init__(self, funded: int = -1, left: dict[int, Nanos] | None = None) -> None:
        self.funded = funded
        self.left = left
        self.claims: list[tuple[int, str, Nanos]] = []

    def claim(self, line_item: int, exchange: str, amount: Nanos) -> bool:
        """Take the amount if there is enough left."""
        if self.left is not None:
            if self.left.get(line_item, 0) < amount:
                return False
            self.left[line_item] -= amount
        self.claims.append((line_item, exchange, amount))
        return True

    def covers(self, exchange: str, amount: Nanos) -> bool:
        """There are no ceilings here."""
        return True

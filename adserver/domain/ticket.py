"""What we must remember of a bid until its notices arrive; it travels inside the tracking token."""

import msgspec

from adserver.domain.money import Nanos


class Ticket(msgspec.Struct, frozen=True, array_like=True):
    """A bid, compact. Encrypted before it leaves the process: exchanges must not read value or person."""

    bid: bytes
    """16 random-looking bytes, unique per bid: what notices are counted once by."""
    at_s: int
    """When we bid, seconds since the epoch."""
    exchange: str
    line_item: int
    creative: int
    media_type: int
    reserved: Nanos
    """House nanos set aside for this bid, fees included."""
    price: Nanos
    """House nanos offered as media cost."""
    wire_price: int
    """The same price in the bid's currency, micros per mille (nanos per impression)."""
    lease: int
    """Which worker's lease the money was taken from."""
    bill_until_s: int
    click_until_s: int
    person: bytes = b""
    """The person key, or nothing where it may not be kept."""
    measured: bool = True
    """May this contact be used for measuring and training?"""
    profiled: bool = True
    """May this contact be added to what we know of the person, beyond counting impressions for caps?"""
    test: bool = False
    """`test=1`: never billed, never counted."""
    at_ms: int = 0
    """The thousandths of a second that `at_s` leaves out."""
    trainable: bool = False
    """May models learn from what becomes of this bid?"""
    multiplier_ppm: int = 1_000_000
    """How many impressions were on offer as one, in millionths; `price` is for each, `reserved` for all."""
    out_of_home: bool = False
    """On a screen in public: other terms say what is billable, and nobody in particular sees it."""
    household: bytes = b""
    """The household's key, where a cap counts by household."""
    products: tuple[int, ...] = ()
    """Numbers of the products that a dynamic creative shows, in order: where clicks lead."""
    currency: str = ""
    """Of `wire_price`; nothing for the house currency."""
    rate_micros: int = 0
    """How many millionths of that currency one unit of the house currency was worth; 0 for the house currency."""
    held_s: int = 0
    """So many seconds our worker keeps the money ready; 0: as long as the bid may be billed."""

    @property
    def held_until_s(self) -> int:
        """Until when our worker keeps the money ready, seconds since the epoch."""
        return self.at_s + self.held_s if self.held_s else self.bill_until_s

    @property
    def bid_s(self) -> float:
        """When we bid, exactly."""
        return self.at_s + self.at_ms / 1_000

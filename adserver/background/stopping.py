"""What somebody stopped, compiled against the snapshot in use."""

from collections.abc import Mapping

from adserver.background.stops import StopSwitch


class Stopped:
    """The kill switch as the request path sees it: a flag, a set of names, a set of bits."""

    def __init__(self, switch: StopSwitch, advertiser_members: Mapping[str, int]) -> None:
        self._switch = switch
        self._members = advertiser_members
        self.everything = False
        self.exchanges: frozenset[str] = frozenset()
        self.candidates = 0
        """Candidates of stopped advertisers."""
        self._compile()

    def poll(self) -> None:
        """Look at the switch; called every half second."""
        if self._switch.poll():
            self._compile()

    def _compile(self) -> None:
        stops = self._switch.stops
        self.everything = stops.all
        self.exchanges = stops.exchanges
        self.candidates = 0
        for advertiser in stops.advertisers:
            self.candidates |= self._members.get(advertiser, 0)

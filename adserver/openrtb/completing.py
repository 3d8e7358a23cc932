"""What a request does not say and its address or user agent does: place and device, written into the request.

The country is looked up for everybody: without it nobody would know which law protects them. Region and city are
looked up only where an id may be read, because an address is one.
"""

from adserver.domain.consent import Permission
from adserver.domain.place import Place
from adserver.domain.targeting import Dimension
from adserver.openrtb.countries import alpha_3
from adserver.openrtb.device import complete, lacks
from adserver.openrtb.request import BidRequest, Device, Geo
from adserver.ports import Agents, Places


class Completer:
    """Built for one snapshot; who targets nothing of a device has no use for user agents."""

    def __init__(
        self, places: Places | None, agents: Agents | None, asked: frozenset[Dimension]
    ) -> None:
        self._places = places
        self._agents = agents if asked else None
        self._asked = asked

    def locate(self, request: BidRequest) -> Place | None:
        """Write the country, if the request has none, before anybody asks which law applies; return what was found."""
        device = request.device
        if self._places is None or device is None:
            return None
        geo = device.geo
        if geo is not None and alpha_3(geo.country):
            return None
        place = self._at(device)
        if place is not None:
            device.geo = Geo(
                country=place.country
            )  # a region or a city without a country said nothing
        return place

    def complete(self, request: BidRequest, place: Place | None, permission: Permission) -> bool:
        """Write region and city, as permitted, and what the user agent's string says of the device.

        Return whether a place came from the address: it goes again if the person turns out to have opted out.
        """
        device = request.device
        if device is None:
            return False
        if self._agents is not None and device.ua and lacks(device, self._asked):
            complete(device, self._agents.agent(device.ua))
        if self._places is None or not permission.identify:
            return False
        geo = device.geo
        if geo is None or geo.region or geo.city:
            return False
        place = place or self._at(device)
        if place is None or place.country != alpha_3(geo.country):
            return False
        geo.region, geo.city = place.region or None, place.city or None
        return True

    def _at(self, device: Device) -> Place | None:
        address = device.ip or device.ipv6
        return self._places.place(address) if self._places is not None and address else None

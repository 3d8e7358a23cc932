"""Where screens out of home stand: the OpenOOH venue taxonomy 1.1, numbers and names."""

from collections.abc import Iterator, Mapping, Sequence

_TREE = """
1 transit: 101 airports (arrivals_hall baggage_claim departures_hall food_court gates lounges shopping_area)
 102 buses (bus terminal bus_outside) 103 taxi_rideshare_tv 104 taxi_rideshare_top 105 subway (train platform)
 106 train_stations (train platform) 107 ferry
2 retail: 201 gas_stations (pump shop) 202 convenience_store 203 grocery (shop_entrance check_out aisles)
 204 liquor_stores 205 malls (concourse food_court spectacular) 206 dispensaries 207 pharmacies 208 parking_garages
3 outdoor: 301 billboards (roadside highway spectacular) 302 urban_panels 303 bus_shelters
4 health_beauty: 401 gyms (lobby equipment) 402 salons (unisex mens womens) 403 spas
5 point_care: 501 doctor_offices 502 veterinary_offices
6 education: 601 schools 602 colleges (residences common athletics)
7 office_buildings: 701 office_buildings (elevator lobby)
8 entertainment: 801 recreational (theme_parks museums_galleries concert_venues) 802 movie_theaters (lobby food_court)
 803 sports (arena club_house) 804 bars 805 casual_dining 806 qsr 807 hotels (lobby elevator room) 808 golf_cart
 809 night_club 810 high_end_dining
9 government: 901 dmv 902 military_bases 903 postal
10 financial: 1001 banks
11 residential: 1101 apartment (lobby elevator)
"""
"""Numbers of the third level are their parents' with two digits behind, counted from 01."""


def with_parents(venue: str) -> Sequence[str]:
    """Return `transit.airports.gates`, `transit.airports` and `transit`: a parent stands for its children."""
    levels = venue.split(".")
    return [".".join(levels[:count]) for count in range(len(levels), 0, -1)]


def _rows() -> Iterator[tuple[str, str]]:
    number = first = second = ""
    third = 0
    for word in _TREE.split():
        name = word.strip("():")
        if name.isdigit():
            number = name
        elif word.endswith(":"):
            first = name
            yield number, first
        elif not word.startswith("(") and not third:
            second = f"{first}.{name}"
            yield number, second
        else:
            third += 1
            yield f"{number}{third:02}", f"{second}.{name}"
            if word.endswith(")"):
                third = 0


VENUES: Mapping[str, str] = dict(_rows())
"""Names by number: `10105` is `transit.airports.gates`."""

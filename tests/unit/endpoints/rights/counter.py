"""A counter to test people's rights at: one advertiser, one person, and ways to come in."""

import re
from html import unescape
from http.cookies import SimpleCookie
from typing import NamedTuple

import msgspec
from aiohttp import ClientResponse

from adserver.domain.campaign import (
    Advertiser,
    Campaign,
    Cap,
    Catalog,
    Flight,
    Goal,
    InsertionOrder,
    LineItem,
)  # fmt: skip
from adserver.domain.dsa import Disclosure
from adserver.domain.grant import Basis, Grant, Use
from adserver.domain.identity import number, segment_number
from adserver.domain.person import Dossier, Interest, Membership, Touch, pseudonymiser
from adserver.domain.targeting import Dimension, ListRule, parse_audience
from adserver.endpoints.cookies import IdCookie
from adserver.endpoints.rights.paper import House
from adserver.endpoints.rights.routes import Rights
from adserver.endpoints.tokens import Key, TokenVault
from tests.fakes.people import FakePeopleDesk
from tests.unit.endpoints.desk import NOW_S, TICKET, Client, Moment

COOKIE = "uid"
BROWSER, OTHER_BROWSER, UNKNOWN = "b" * 22, "o" * 22, "u" * 22
IFA = "3f2b0c1d-5a6e-4f70-8192-a3b4c5d6e7f8"
TODAY = NOW_S // 86_400
CAMERA, OWNER = segment_number("camera-intent"), segment_number("camera-owner")
PSEUDONYM = pseudonymiser(b"s" * 32)
PERSON = PSEUDONYM("buyeruid", BROWSER)
DEVICE = PSEUDONYM("ifa", IFA)
ABOUT = {
    ("camera-intent", "en"): "You looked at cameras lately",
    ("camera-intent", "de"): "Sie haben sich zuletzt Kameras angesehen",
}
FOR_CAMERAS = "line-cameras"
FOR_ALL = "line-all"


def about(name: str, language: str) -> str:
    """Say what people are told of a segment."""
    return ABOUT.get((name, language), f"[{language}] {name}")


def _line_item(name: str, **more: object) -> LineItem:
    goal = Goal("cpm", 1_000, 5_000)
    return LineItem(id=name, flight=Flight(0, 2**33), goal=goal, creatives=("c",), **more)  # type: ignore[arg-type]  # a test's shorthand


CATALOG = Catalog(
    advertisers=(
        Advertiser(
            id="camera-shop",
            name="Cameras <b>& More</b>",
            dsa=Disclosure("", "Cameras Group"),
            domain="cameras.example",
            timezone="UTC",
            caps=(Cap(5, 24),),
            campaigns=(
                Campaign(
                    id="autumn",
                    insertion_orders=(
                        InsertionOrder(
                            id="order",
                            line_items=(
                                _line_item(
                                    FOR_CAMERAS,
                                    audience=parse_audience("camera-intent and not camera-owner"),
                                    targeting={
                                        Dimension.COUNTRY: ListRule(("DEU", "AUT"), ()),
                                        Dimension.CATEGORY: ListRule(("IAB19",), ("IAB19-3",)),
                                        Dimension.PUBLICATION: ListRule((), ("bad.example",)),
                                        Dimension.DEVICE_TYPE: ListRule(("phone", "tablet"), ()),
                                    },
                                    hours_of_week=tuple(range(40)),
                                    caps=(Cap(20, 168),),
                                ),
                                _line_item(FOR_ALL),
                            ),
                        ),
                    ),
                ),
            ),
        ),
    )
)
GRANT = Grant("dmp-acme", Basis.CONSENT, (Use.SELECT, Use.MEASURE), 90)
DOSSIER = Dossier(
    memberships=(
        Membership(CAMERA, GRANT, TODAY - 3),
        Membership(OWNER, Grant("crm", Basis.OPT_IN, (Use.SELECT,), 30), TODAY - 40),
        Membership(77, GRANT, TODAY),
    ),
    touches=(
        Touch("impression", NOW_S - 7_200, number("line_item", FOR_CAMERAS), 42, b"b" * 16),
        Touch("click", NOW_S - 3_600, 12345, 42, b"c" * 16, measured=False),
    ),
    interests=(Interest("click", NOW_S - 3_600, number("topic", "IAB19")),),
    linked=2,
)
NAMES = {
    CAMERA: "camera-intent",
    OWNER: "camera-owner",
    number("topic", "IAB19"): "Technology",
}


class Counter:
    """The pages with everything behind them."""

    def __init__(self) -> None:
        self.clock = Moment()
        self.people = FakePeopleDesk(NOW_S)
        self.people.names = dict(NAMES)
        self.people.dossiers = {PERSON: DOSSIER, DEVICE: DOSSIER}
        self.vault = TokenVault([Key(1, b"k" * 32)])
        self.rights = self.make_rights()

    def make_rights(self, **changes: object) -> Rights:
        """Return the handler; some of what it is made from changed."""
        parts = {
            "people": self.people,
            "vault": self.vault,
            "pseudonym": PSEUDONYM,
            "catalog": CATALOG,
            "about": about,
            "our_id": IdCookie(COOKIE, 30).read,
            "secret": b"r" * 32,
            "clock": self.clock,
            "secure": False,
            "house": House("Nordlicht Ads GmbH", "privacy@nordlicht.example"),
        }
        return Rights(**(parts | changes))  # type: ignore[arg-type]  # a test's shorthand

    def token(self, line_item: str = FOR_CAMERAS, **changes: object) -> str:
        """Return the token of an ad that this person saw."""
        fields = {"line_item": number("line_item", line_item), "person": PERSON} | changes
        return self.vault.seal(msgspec.structs.replace(TICKET, **fields))


class Page(NamedTuple):
    """A page as a browser has it."""

    reply: ClientResponse
    html: str

    @property
    def text(self) -> str:
        """What can be read, without markup."""
        body = self.html.partition("</head>")[2]
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())

    def form(self, button: str) -> tuple[str, dict[str, str]]:
        """Return address and hidden fields of the form whose button says this."""
        for found in re.finditer(
            r'<form method="post" action="([^"]+)"[^>]*>(.*?)</form>', self.html, re.DOTALL
        ):
            fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', found[2])
            if f">{button}</button>" in found[2]:
                return unescape(found[1]), {name: unescape(value) for name, value in fields}
        raise AssertionError(f"no button says {button!r}")


class Visitor:
    """A browser that follows links, posts forms and keeps cookies."""

    def __init__(self, client: Client, cookie: str = "", **headers: str) -> None:
        self._client = client
        self._headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self.cookies = {COOKIE: cookie} if cookie else {}

    async def open(self, path: str, **headers: str) -> Page:
        """Return the page at an address."""
        return await self._read(await self._client.get(path, **self._sent(headers)))

    async def press(self, page: Page, button: str, **typed: str) -> Page:
        """Press a button, and follow where it leads."""
        address, fields = page.form(button)
        return await self.post(address, fields | typed)

    async def post(self, address: str, fields: dict[str, str]) -> Page:
        """Post a form, and follow where it leads."""
        reply = await self._client.send(
            "POST", address, data=fields, headers=self._sent({}), allow_redirects=False
        )
        page = await self._read(reply)
        if reply.status == 303:
            return await self.open(reply.headers["Location"])
        return page

    def _sent(self, headers: dict[str, str]) -> dict[str, str]:
        text = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return self._headers | headers | ({"Cookie": text} if text else {})

    async def _read(self, reply: ClientResponse) -> Page:
        for header in reply.headers.getall("Set-Cookie", []):
            for name, morsel in SimpleCookie(header).items():
                if morsel["max-age"] == "0":
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value
        return Page(reply, await reply.text())

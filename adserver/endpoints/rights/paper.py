"""From a visit to a page: templates, and the headers under which nothing foreign runs or is loaded."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from urllib.parse import quote

import jinja2
import msgspec

from adserver.endpoints.messages import Reply, head
from adserver.endpoints.replies import REASON, RETRY_AFTER_S
from adserver.endpoints.rights.refusals import No
from adserver.endpoints.rights.sealing import LIFE_S
from adserver.endpoints.rights.visit import Visit
from adserver.endpoints.rights.who import SESSION
from adserver.endpoints.rights.words import SPOKEN

TEMPLATES = Path(__file__).parent / "templates"
PAGES = ("home", "why", "data", "erase", "benefit", "problem")
ROWS = 200
"""So many rows of a table a page shows; the file has all."""
NOTHING: Mapping[str, object] = {}
_SAFE = "!$&'()*+,/:;=?@-._~%"

_GUARD = head(
    Cache_Control="no-store",
    Referrer_Policy="no-referrer",
    X_Content_Type_Options="nosniff",
    X_Robots_Tag="noindex, nofollow",
    Cross_Origin_Resource_Policy="same-origin",
    Vary="Accept-Language, Cookie, Sec-GPC",
)


@cache
def _compiled() -> dict[str, jinja2.Template]:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    return {name: environment.get_template(f"{name}.html") for name in PAGES}


class House(msgspec.Struct, frozen=True):
    """Who is responsible, as people are told; nothing is said of what is empty."""

    name: str = ""
    contact: str = ""


class Paper:
    """Writes pages. Every text is escaped where it is put in."""

    def __init__(self, home: str, house: House, *, secure: bool) -> None:
        """`home` is the path that leads here from outside, without a slash at its end: `/r`."""
        self.home = home
        self._house = house
        self._secure = secure
        self._style = (TEMPLATES / "style.css").read_text("utf-8")
        # Compiled now: the first visitor must not keep bids waiting.
        self._pages = _compiled()
        digest = base64.b64encode(hashlib.sha256(self._style.encode()).digest()).decode()
        policy = (
            f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; "
            "base-uri 'none'; frame-ancestors 'none'"
        )
        self._head = _GUARD + head(
            Content_Type="text/html; charset=utf-8",
            Content_Security_Policy=policy,
            Cross_Origin_Opener_Policy="same-origin",
        )

    def page(
        self, name: str, visit: Visit, here: str = "", values: Mapping[str, object] = NOTHING
    ) -> Reply:
        """Write a page; `here` is its address below home, for the links that lead back to it."""
        words = visit.words

        def link(page: str, **more: str) -> str:
            return visit.link(self.home, page, **more)

        text = self._pages[name].render(
            name=name,
            words=words,
            visit=visit,
            link=link,
            turns=[
                (each.language, link(here, lang=each.language), each("language_name"))
                for each in SPOKEN.values()
            ],
            house=self._house,
            style=self._style,
            shown=ROWS,
            **values,
        )
        return Reply(200, text.encode(), self._head + head(Content_Language=words.language))

    def problem(self, visit: Visit, no: No, allowed: Sequence[str]) -> Reply:
        """Say that it did not work, why, and how to go on."""
        page = self.page("problem", visit, values={"no": no.value})
        more = f"{REASON}: {no.value}\r\n".encode()
        if no is No.UNAVAILABLE:
            more += head(Retry_After=RETRY_AFTER_S)
        if no is No.WRONG_METHOD:
            more += head(Allow=", ".join(allowed))
        return msgspec.structs.replace(page, status=no.status, head=page.head + more)

    def lead(self, address: str, session: str | None = None) -> Reply:
        """Lead on after a form; the session is what the browser is to remember, or nothing to forget it."""
        more = head(Location=quote(address, _SAFE))
        if session is not None:
            more += self._cookie(session)
        return Reply(303, b"", _GUARD + more)

    def _cookie(self, session: str) -> bytes:
        terms = [
            f"{SESSION}={session}",
            f"Path={self.home}",
            f"Max-Age={LIFE_S if session else 0}",
            "HttpOnly",
            "SameSite=Strict",
            *(["Secure"] if self._secure else []),
        ]
        return head(Set_Cookie="; ".join(terms))


def answer_json(
    body: bytes, status: int = 200, kind: str = "application/json", more: bytes = b""
) -> Reply:
    """Answer a program."""
    return Reply(status, body, _GUARD + head(Content_Type=kind) + more)

"""Strangers cannot make the metrics grow: names and labels come from closed sets."""

import random
import string

from adserver.domain.choices import CHANGES
from adserver.domain.consent import Reach
from adserver.domain.losses import LossReason
from adserver.domain.notice import KINDS
from adserver.domain.reasons import Reason
from adserver.domain.validity import RULES
from adserver.endpoints.intake import Outcome
from adserver.openrtb.codec import REFUSALS
from adserver.openrtb.dialect import Unread
from adserver.processes.connection import Cut
from models.registry.manifest import KINDS as MODELS
from tests.endpoints.client import Client
from tests.endpoints.server import WORKERS, Series, Server
from tests.endpoints.wire import request

HOSTILE = (
    "</script>",
    "a" * 5_000,
    "\x00",
    "naïve",
    "%0d%0aX: y",
    '"}\n# HELP x',
    "../../etc",
    "🦊",
)
ALLOWED = {
    "exchange": {"open", "telling"},
    "media": {"banner", "video", "native", "audio"},
    "reason": {*Reason, *REFUSALS, *Cut, *LossReason},
    "kind": {*KINDS, *MODELS},
    "status": {"400", "417", "431", "500"},
    "outcome": {*Outcome, "click", "view", "none", "refused"},
    "rule": set(RULES),
    "dependency": {"owner"},
    "reach": set(Reach),
    "why": {"late", "connection", "refused", "avoided", "damaged", "lost", *Unread},
    "scope": {"uid2", "euid"},
    "deed": {*CHANGES, "gpc", "erase"},
    "entry": {"media", "data", "tech", "margin", "late_liability"},
}
BUCKET = "le"


def series(server: Server) -> list[set[Series]]:
    """Return the names and labels of every worker's series."""
    return [set(server.metrics(worker)) for worker in range(WORKERS)]


def test_hostile_requests_add_no_series(generous: Server) -> None:
    with generous.clients() as clients:
        for client in clients:
            client.bid(request())
        before = series(generous)
        dice = random.Random(7)
        for number in range(200):
            _torment(clients[number % WORKERS], dice.choice(HOSTILE), dice)
        assert series(generous) == before


def test_every_label_is_from_a_closed_set(generous: Server) -> None:
    for name, labels in set.union(*series(generous)):
        for label, value in labels:
            assert label == BUCKET or value in ALLOWED[label], (name, label, value)


def _torment(client: Client, text: str, dice: random.Random) -> None:
    plain = "".join(letter for letter in text if letter in string.ascii_letters) or "x"
    asked = request(id=text or "1", user={"id": text}, site={"domain": text, "cat": [text]})
    asked["imp"][0]["tagid"] = asked["imp"][0]["id"] = text
    assert client.bid(asked).status in {200, 204}
    assert client.bid(asked, plain + str(dice.random())).status == 404
    assert client.bid(asked, User_Agent=plain, X_Forwarded_For=plain).status in {200, 204}
    assert client.bid(text.encode()).status == 400
    assert client.call("GET", f"/n/{plain}/x").status == 404
    assert client.call("GET", f"/n/billing/{plain}?p={plain}").status == 400
    assert client.call("GET", f"/c/{plain}?order=1").status == 404

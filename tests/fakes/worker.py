"""A bid endpoint with its real parts in one process, without an owner; each stage can be made to stall."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from adapters.campaigns.yaml_folder import YamlFolder
from adapters.channels import prepare
from adserver.background.contacts import PendingContacts
from adserver.background.purse import LeasedPurse
from adserver.background.served_clicks import ServedClicks
from adserver.background.stopping import Stopped
from adserver.background.stops import StopSwitch
from adserver.catalog.compiler import compile_snapshot
from adserver.catalog.review import NO_BARS, Bars
from adserver.decision.world import World
from adserver.domain.candidate import Candidate
from adserver.domain.exchange import ExchangeTerms
from adserver.domain.money import Rates
from adserver.domain.opportunity import Auction, Opportunity
from adserver.domain.person import Found, PersonKey, pseudonymiser
from adserver.endpoints.admission import Admission, Sparing
from adserver.endpoints.answering import Answerer
from adserver.endpoints.bid import BidEndpoint
from adserver.endpoints.desk import Desk
from adserver.endpoints.gathering import Gatherer
from adserver.endpoints.tokens import Key, TokenVault
from adserver.openrtb.dialect import Dialect
from adserver.openrtb.outbound import BidWriter
from adserver.ports import ClickModel
from adserver.ports.people import Profiles, RemoteProfiles, YoungContacts
from adserver.privacy.rules import Rules
from tests.endpoints.catalogs import one_banner
from tests.fakes.click_model import FakeClickModel, FakeOrderModel
from tests.fakes.profiles import FakeProfiles

PLENTY = 10**15
FOREVER_S = 86_400


def nothing() -> None:
    """Do not stall."""


class _Profiles(FakeProfiles):
    def __init__(self, stall: Callable[[], None]) -> None:
        super().__init__()
        self._stall = stall

    def find(self, ids: Sequence[PersonKey], now_s: float) -> Found:
        self._stall()
        return super().find(ids, now_s)


class _Clicks(FakeClickModel):
    def __init__(self, stall: Callable[[], None]) -> None:
        super().__init__()
        self._stall = stall

    def click_probabilities(
        self,
        auction: Auction,
        opportunity: Opportunity,
        candidates: Sequence[Candidate],
        now_s: float,
    ) -> list[float]:
        self._stall()
        return super().click_probabilities(auction, opportunity, candidates, now_s)


class _Writer(BidWriter):
    """A writer that can be made to stall."""

    stall: Callable[[], None] = staticmethod(nothing)

    def write(self, *arguments: Any, **names: Any) -> str:
        self.stall()
        return super().write(*arguments, **names)


class Parts(NamedTuple):
    """What takes the place of what a worker makes itself: one banner, nobody known, a model that is sure of itself."""

    advertisers: Mapping[str, Any] | None = None
    profiles: Profiles | None = None
    remote: RemoteProfiles | None = None
    contacts: YoungContacts | None = None
    clicks: ClickModel | None = None
    vendor: int = 0
    dialect: Dialect | None = None
    bars: Bars = NO_BARS


THE_USUAL = Parts()


class FakeWorker:
    """One line item with plenty of money; `bid` answers requests at the exchange of the terms."""

    lease = 1

    def __init__(
        self,
        folder: Path,
        terms: ExchangeTerms,
        parts: Parts = THE_USUAL,
        /,
        *,
        monotonic: Callable[[], float],
        wall: Callable[[], float],
        gathering: Callable[[], None] = nothing,
        deciding: Callable[[], None] = nothing,
        answering: Callable[[], None] = nothing,
    ) -> None:
        """Keep state in `folder`; the last three are called in the middle of their stage."""
        self._wall = wall
        campaigns = folder / "campaigns"
        campaigns.mkdir(parents=True)
        for name, advertiser in (parts.advertisers or one_banner()).items():
            (campaigns / f"{name}.yaml").write_text(json.dumps(advertiser), "utf-8")
        catalog = YamlFolder(campaigns).load()
        snapshot = compile_snapshot(catalog, bars=parts.bars)
        self.purse = LeasedPurse(
            snapshot.line_item_members, [item.number for item in snapshot.line_items]
        )
        for item in snapshot.line_items:
            self.purse.granted(item.number, 1, PLENTY, int(wall()) + FOREVER_S, wall())
        writer = _Writer(
            "https://ads.example",
            {
                creative.id: prepare(creative)
                for advertiser in catalog.advertisers
                for creative in advertiser.creatives
            },
            {terms.name: parts.dialect} if parts.dialect else {},
        )
        writer.stall = answering
        contacts = parts.contacts or PendingContacts()
        rates = Rates("USD", {})
        self.events: list[bytes] = []
        self.admission = Admission(monotonic)
        self.desk = Desk(terms, 1)
        self.world = World(
            snapshot=snapshot, clicks=parts.clicks or _Clicks(deciding), orders=FakeOrderModel()
        )
        self.gatherer = Gatherer(
            snapshot=snapshot,
            rates=rates,
            rules=Rules(parts.vendor),
            pseudonym=pseudonymiser(b"s" * 32),
            profiles=parts.profiles or _Profiles(gathering),
            contacts=contacts,
            clock=self,
            remote=parts.remote,
            hears={terms.name: parts.dialect.hear} if parts.dialect and parts.dialect.hear else {},
        )
        self.vault = TokenVault([Key(1, b"k" * 32)])
        self.answerer = Answerer(
            rates=rates,
            writer=writer,
            vault=self.vault,
            purse=self.purse,
            contacts=contacts,
            events=Sparing(self, self.admission),
            leaseholder=self,
            clicks=ServedClicks(FakeClickModel()),
            click_days=30,
        )
        self.stopped = Stopped(StopSwitch(folder), snapshot.advertiser_members)
        self.bid = BidEndpoint(
            world=self.world,
            desks={terms.name: self.desk},
            gatherer=self.gatherer,
            answerer=self.answerer,
            purse=self.purse,
            stopped=self.stopped,
            clock=self,
            admission=self.admission,
            monotonic=monotonic,
        )

    def now(self) -> float:
        """Return seconds since the epoch, as the server's clock."""
        return self._wall()

    def write(self, line: bytes) -> None:
        """Keep a bid event, as the event log."""
        self.events.append(line)

"""The only module that knows every other: builds what a process is made of and hands it to the edge."""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import structlog

from adapters.campaigns import snapshot_file
from adapters.channels import prepare
from adapters.events.segment_files import SegmentFiles
from adapters.exchanges.generic import read_price
from adapters.ledger.journal import Journal
from adapters.profiles import lmdb_profiles
from adserver.background.contacts import PendingContacts
from adserver.background.owner_client import OwnerClient
from adserver.background.owner_parts import OwnerParts
from adserver.background.places import Places
from adserver.background.purse import LeasedPurse
from adserver.background.stopping import Stopped
from adserver.background.stops import StopSwitch
from adserver.catalog.compiler import compile_snapshot
from adserver.catalog.snapshot import Snapshot
from adserver.config import Http, Loaded
from adserver.decision.world import World
from adserver.domain.budget import EVERYWHERE
from adserver.domain.campaign import Catalog
from adserver.domain.money import Nanos, cpm_nanos, nanos
from adserver.domain.person import PersonKey, pseudonymiser
from adserver.endpoints.admission import Admission, Sparing
from adserver.endpoints.answering import Answerer
from adserver.endpoints.bid import BidEndpoint
from adserver.endpoints.concurrency import Concurrency, PatientOwner
from adserver.endpoints.conversions import Conversions
from adserver.endpoints.desk import desks
from adserver.endpoints.explain import Explainer
from adserver.endpoints.gathering import Gatherer
from adserver.endpoints.intake import Intake
from adserver.endpoints.keys import KeyFile, load_keys
from adserver.endpoints.notices import Notices
from adserver.endpoints.ops import PrivatePort
from adserver.endpoints.routes import Site
from adserver.endpoints.tracking import Tracking
from adserver.errors import InvalidConfig, Unavailable
from adserver.metrics import CLICK_MODEL_REFUSED
from adserver.openrtb.outbound import BidWriter
from adserver.ports import ClickModel
from adserver.settings import network_lists

_log = structlog.get_logger()


class SystemClock:
    """The machine's time."""

    def now(self) -> float:
        """Return seconds since the epoch."""
        return time.time()


class SnapshotSource:
    """Campaigns as last compiled: what the owner and the workers load."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> Catalog:
        """Return the catalog. Raises `InvalidConfig`."""
        return snapshot_file.read(self._path)


@dataclass(frozen=True)
class Worker:
    """What a worker process serves with."""

    bid: BidEndpoint
    site: Site
    http: Http
    private: PrivatePort
    owner: OwnerClient
    stopped: Stopped
    keys: KeyFile
    tracking: Tracking
    admission: Admission
    is_funded: Callable[[], bool]
    """Tells whether there is any money to bid with."""


def places(loaded: Loaded) -> Places:
    """Return where this configuration keeps its state."""
    return Places(loaded.state)


def pseudonym(loaded: Loaded) -> Callable[[str, str], PersonKey]:
    """Return the function that turns ids into person keys. Raises `InvalidConfig`."""
    secret = load_keys(places(loaded).person_key)[0].secret
    return pseudonymiser(secret)


def profiles_config(loaded: Loaded) -> lmdb_profiles.Config:
    """Return where people are looked up."""
    configured = loaded.settings.profiles
    path = places(loaded).profiles if configured is None else loaded.path(configured.path)
    return lmdb_profiles.Config(str(path))


def ceilings(loaded: Loaded) -> dict[str, Nanos]:
    """Return the hourly spend ceilings by exchange name, and `all`."""
    found = {
        name: terms.hourly_ceiling
        for name, terms in loaded.terms.items()
        if terms.hourly_ceiling is not None
    }
    overall = loaded.settings.guard.hourly_ceiling
    if overall is not None:
        found[EVERYWHERE] = nanos(overall)
    return found


def owner_parts(loaded: Loaded) -> OwnerParts:
    """Build the owner process."""
    where = places(loaded)
    return OwnerParts(
        socket=where.socket,
        store=Journal(where.journal),
        events=SegmentFiles(where.events),
        contacts=profiles_config(loaded).build_writer(),
        campaigns=SnapshotSource(where.snapshot),
        clock=SystemClock(),
        ceilings=ceilings(loaded),
        billing_life_s=max((terms.expiry_s for terms in loaded.terms.values()), default=3_600),
    )


def load_snapshot(loaded: Loaded) -> Snapshot:
    """Read and compile the snapshot. Raises `InvalidConfig`."""
    return compile_snapshot(snapshot_file.read(places(loaded).snapshot))


def check_click_model(loaded: Loaded) -> None:
    """Load the current click model, if there is one, and let go of it. Raises `InvalidConfig` if it is damaged.

    Call it in a process that never forks: numpy starts threads. Without LightGBM's library nothing is wrong
    with the model; workers say so themselves, and what serves meanwhile.
    """
    from models.ctr.artifact import load  # noqa: PLC0415 - as in `build_worker`

    models = places(loaded).models
    if (models / "current").exists():
        with suppress(Unavailable):
            load(models, engine=loaded.settings.click_engine)


def _click_model(loaded: Loaded, *, keep: bool) -> ClickModel:
    """Return the click model, or what stands in for it; `keep` a copy of a good one for when the next is not."""
    from models.ctr import artifact, baseline  # noqa: PLC0415 - as in `build_worker`

    models = places(loaded).models
    current = models if (models / "current").exists() else None
    problems: list[str] = []
    clicks = baseline.load_click_model(
        current, problems.append, engine=loaded.settings.click_engine
    )
    CLICK_MODEL_REFUSED.set(bool(problems))
    for problem in problems:
        _log.error("click_model_refused", problem=problem)
    if current is not None and keep and not problems:
        try:
            artifact.keep(models, clicks.name.partition("/")[2])
        except InvalidConfig as error:  # a full disk, say
            _log.warning("click_model_not_kept", error=str(error))
    return clicks


def build_worker(loaded: Loaded, snapshot: Snapshot, slot: int) -> Worker:
    """Build a worker; call it after the fork, since models may start threads."""
    # Imported here because numpy starts threads, and a process with threads must not fork.
    from models.cvr.baseline import SmoothedOrders, read_outcomes  # noqa: PLC0415

    where = places(loaded)
    settings = loaded.settings
    clock = SystemClock()
    keys = KeyFile(where.token_keys, clock)
    vault = keys.vault
    terms = loaded.terms
    purse = LeasedPurse(
        snapshot.line_item_members,
        [item.number for item in snapshot.line_items],
        ceilings(loaded),
    )
    contacts = PendingContacts()
    owner = OwnerClient(where.socket, slot, clock, purse, contacts)
    clicks = _click_model(loaded, keep=slot == 0)
    guard = settings.guard
    world = World(
        snapshot=snapshot,
        clicks=clicks,
        orders=SmoothedOrders(read_outcomes(where.orders)),
        max_cpm=None if guard.max_cpm is None else cpm_nanos(guard.max_cpm),
        explore_ppm=int(settings.explore_percent * 10_000),
    )
    judging = settings.invalid_traffic
    lists = network_lists.serving(judging.networks, loaded.file.parent, where.networks)
    judges = judging.judges(lists, time.monotonic, os.urandom(16))
    gathering = partial(
        Gatherer,
        snapshot=snapshot,
        rates=loaded.rates,
        vendor=settings.vendor_id,
        pseudonym=pseudonym(loaded),
        profiles=profiles_config(loaded).build(),
        contacts=contacts,
    )
    judge = judges.of_requests
    stopped = Stopped(StopSwitch(where.state), snapshot.advertiser_members)
    creatives = {
        creative.id: creative
        for advertiser in snapshot.catalog.advertisers
        for creative in advertiser.creatives
    }
    landing_pages = {creative.number: creative.landing_url for creative in creatives.values()}
    advertisers = {advertiser.id for advertiser in snapshot.catalog.advertisers}
    admission = Admission(time.monotonic)
    bid = BidEndpoint(
        world=world,
        desks=desks(terms, settings.workers),
        gatherer=gathering(judge=judge),
        answerer=Answerer(
            rates=loaded.rates,
            writer=BidWriter(
                settings.http.base_url.rstrip("/"),
                {name: prepare(creative) for name, creative in creatives.items()},
            ),
            vault=vault,
            purse=purse,
            contacts=contacts,
            events=Sparing(owner, admission),
            leaseholder=owner,
            model=clicks.name,
            click_days=settings.click_days,
        ),
        purse=purse,
        stopped=stopped,
        clock=clock,
        admission=admission,
        monotonic=time.monotonic,
    )
    recorder = PatientOwner(owner, Concurrency("owner", settings.http.max_waiting))
    intake = Intake(
        vault=vault, owner=recorder, clock=clock, terms=terms, read_price=read_price,
        judge=judges.of_contacts,
    )  # fmt: skip
    tracking = Tracking(intake, landing_pages.get, visitors=judges.visitors)
    return Worker(
        bid=bid,
        site=Site(
            {
                "openrtb2": bid,
                "n": Notices(intake),
                "t": tracking,
                "v": tracking,
                "c": Conversions(
                    vault=vault,
                    owner=recorder,
                    clock=clock,
                    is_advertiser=advertisers.__contains__,
                    pseudonym=pseudonym(loaded),
                ),
            }
        ),
        http=settings.http,
        private=PrivatePort(
            ready=lambda: "" if owner.connected else "no connection to the owner",
            trouble=lambda: owner.trouble,
            explainer=Explainer(
                world=world,
                terms=terms,
                gatherer=gathering(judge=judge and judge.looking()),
                purse=purse,
                stopped=stopped,
                clock=clock,
            ),
            report=owner.report,
            scrape=owner.scrape,
        ),
        owner=owner,
        stopped=stopped,
        keys=keys,
        tracking=tracking,
        admission=admission,
        is_funded=lambda: purse.funded != 0,
    )

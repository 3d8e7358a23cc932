"""What a worker process is made of."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from adapters.channels import prepare
from adapters.exchanges.plain_prices import read_plain_price
from adserver.background.arms import LearnedArms
from adserver.background.contacts import PendingContacts
from adserver.background.drifting import DriftWatch
from adserver.background.flow import FlowCounter
from adserver.background.owner_client import OwnerClient
from adserver.background.purse import LeasedPurse
from adserver.background.stopping import Stopped
from adserver.background.stops import StopSwitch
from adserver.bootstrap.click_models import ClickTaker
from adserver.bootstrap.completing import completer
from adserver.bootstrap.conversions import ConversionTaker
from adserver.bootstrap.feeds import Shopwindow
from adserver.bootstrap.landscapes import LandscapeTaker
from adserver.bootstrap.live_models import LiveModels
from adserver.bootstrap.mobile import mobile
from adserver.bootstrap.people import RIGHTS, Directory, matching, rights
from adserver.bootstrap.state import (
    SystemClock,
    ceilings,
    permitted,
    places,
    profiles_config,
    pseudonym,
    rules,
)
from adserver.bootstrap.supply import Supply, supply
from adserver.catalog.snapshot import Snapshot
from adserver.config import Http, Loaded
from adserver.decision.world import World
from adserver.domain.money import cpm_nanos
from adserver.endpoints.admission import Admission, Sparing
from adserver.endpoints.answering import Answerer
from adserver.endpoints.bid import BidEndpoint
from adserver.endpoints.concurrency import Concurrency, PatientOwner
from adserver.endpoints.conversions import Conversions
from adserver.endpoints.desk import desks
from adserver.endpoints.explain import Explainer
from adserver.endpoints.gathering import Gatherer
from adserver.endpoints.intake import Intake
from adserver.endpoints.keys import KeyFile
from adserver.endpoints.notices import Notices
from adserver.endpoints.ops import PrivatePort
from adserver.endpoints.routes import Site
from adserver.endpoints.tracking import Tracking
from adserver.openrtb.outbound import BidWriter
from adserver.settings import network_lists
from adserver.settings.identity import Sources


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
    sources: Sources
    """The partners whose ids are read."""
    people: Directory
    supply: Supply
    poll_feeds: Callable[[], None]
    """Takes up product feeds that were loaded anew."""
    models: LiveModels
    drift: DriftWatch


def build_worker(loaded: Loaded, snapshot: Snapshot, slot: int) -> Worker:
    """Build a worker; call it after the fork, since models may start threads."""
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
    contacts = PendingContacts(
        snapshot.frequency.line_items | snapshot.household_frequency.line_items
    )
    directory = Directory(profiles_config(loaded))
    arms = LearnedArms()
    numbers = [item.number for item in snapshot.line_items]
    flow = FlowCounter(numbers, purse.left, time.monotonic)
    landscapes = LandscapeTaker(loaded, clock)
    drift = DriftWatch(landscapes.served, lambda exchange: purse.hold_s.get(exchange, 0), clock)
    owner = OwnerClient(
        where.socket, slot, clock, purse, contacts, on_forget=directory.forget, on_arms=arms.take,
        flow=flow, on_resolved=drift.resolved,
    )  # fmt: skip
    clicks = ClickTaker(loaded, keeps=slot == 0)
    conversions = ConversionTaker(loaded)
    models = LiveModels(where.models, [landscapes, clicks, conversions])
    models.begin()
    guard = settings.guard
    creatives = {
        creative.id: creative
        for advertiser in snapshot.catalog.advertisers
        for creative in advertiser.creatives
    }
    markups = {name: prepare(creative) for name, creative in creatives.items()}
    shopwindow = Shopwindow(loaded, creatives, markups)
    world = World(
        snapshot=snapshot,
        arms=arms,
        showcase=shopwindow.storefront,
        clicks=clicks.served,
        orders=conversions.served,
        evidence=clicks.evidence,
        landscape=landscapes.served,
        max_cpm=None if guard.max_cpm is None else cpm_nanos(guard.max_cpm),
        explore_ppm=int(settings.explore_percent * 10_000),
        learn_ppm=int(settings.learn_percent * 10_000),
    )
    judging = settings.invalid_traffic
    lists = network_lists.serving(judging.networks, loaded.file.parent, where.networks)
    judges = judging.judges(lists, time.monotonic, os.urandom(16))
    sources = settings.identity.build(loaded.file.parent, clock)
    selling = supply(loaded)
    dialects = loaded.dialects()
    gathering = partial(
        Gatherer,
        snapshot=snapshot,
        rates=loaded.rates,
        rules=rules(loaded),
        pseudonym=pseudonym(loaded),
        profiles=directory.local,
        remote=directory.remote,
        sources=sources.sources,
        households=sources.households,
        contacts=contacts,
        clock=clock,
        completer=completer(loaded, snapshot),
        hears={name: each.hear for name, each in dialects.items() if each.hear is not None},
    )
    judge = judges.of_requests
    stopped = Stopped(StopSwitch(where.state), snapshot.advertiser_members)
    landing_pages = {creative.number: creative.landing_url for creative in creatives.values()}
    advertisers = {advertiser.id for advertiser in snapshot.catalog.advertisers}
    admission = Admission(time.monotonic)
    recorder = PatientOwner(owner, Concurrency("owner", settings.http.max_waiting))
    installs = mobile(
        loaded,
        snapshot.catalog,
        vault=vault,
        owner=recorder,
        clock=clock,
        permit=permitted(loaded, clock),
    )
    bid = BidEndpoint(
        world=world,
        desks=desks(terms, settings.workers),
        gatherer=gathering(judge=judge, supply=selling.gate),
        answerer=Answerer(
            rates=loaded.rates,
            writer=BidWriter(
                settings.http.base_url.rstrip("/"),
                markups,
                dialects,
                shopwindow.furnish,
            ),
            vault=vault,
            purse=purse,
            contacts=contacts,
            events=Sparing(owner, admission),
            leaseholder=owner,
            clicks=clicks.served,
            click_days=settings.click_days,
            signer=installs.signer,
            watch=drift,
        ),
        purse=purse,
        stopped=stopped,
        clock=clock,
        admission=admission,
        monotonic=time.monotonic,
        flow=flow,
    )
    intake = Intake(
        vault=vault, owner=recorder, clock=clock, terms=terms, plain=read_plain_price,
        price_readers={name: each.read_price for name, each in dialects.items()},
        judge=judges.of_contacts,
    )  # fmt: skip
    tracking = Tracking(
        intake,
        landing_pages.get,
        visitors=judges.visitors,
        click_parameters={
            creative.number: creative.click_parameter
            for creative in creatives.values()
            if creative.click_parameter is not None
        },
        product_page=shopwindow.page,
    )
    return Worker(
        bid=bid,
        site=Site(
            {
                "openrtb2": bid,
                "n": Notices(intake),
                "p": installs.postbacks,
                "m": matching(loaded, directory, owner, clock),
                RIGHTS: rights(loaded, snapshot, vault, owner, clock),
                "t": tracking,
                "v": tracking,
                "c": Conversions(
                    vault=vault,
                    owner=recorder,
                    clock=clock,
                    is_advertiser=advertisers.__contains__,
                    pseudonym=pseudonym(loaded),
                    permit=permitted(loaded, clock),
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
                gatherer=gathering(
                    judge=judge and judge.looking(), supply=selling.gate and selling.gate.looking()
                ),
                purse=purse,
                stopped=stopped,
                clock=clock,
                deciding=clicks.served,
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
        sources=sources,
        people=directory,
        supply=selling,
        poll_feeds=shopwindow.poll,
        models=models,
        drift=drift,
    )

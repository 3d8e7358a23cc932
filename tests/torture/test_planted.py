"""That R16 would notice: each planted violation lets something of a person through that nothing covers."""

from collections.abc import Callable
from random import Random
from typing import Any

import msgspec
import pytest
import structlog

from adserver.domain.consent import Permission
from adserver.domain.opportunity import Auction
from adserver.endpoints import explain, gathering
from adserver.endpoints.gathered import Gathered
from adserver.openrtb import inbound
from adserver.privacy.permission import ALLOWED, permit
from tests.torture.mirror import Mirror
from tests.torture.non_interference import STATES, Pairs, requests

PAIRS = 60
Plant = Callable[[pytest.MonkeyPatch], None]


def _permit(**granted: bool) -> Plant:
    """Grant somewhat more than the signals do."""

    def generous(*arguments: Any, **names: Any) -> Permission:
        return msgspec.structs.replace(permit(*arguments, **names), **granted)

    return lambda patch: patch.setattr(gathering, "permit", generous)


def _choices_are_not_heard(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(gathering, "with_choices", lambda permission, _: permission)


def _objections_are_not_heard(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(gathering, "without_objected", lambda _, profile, __: profile)


def _what_the_request_said_is_kept(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Gathered, "forget", lambda _: None)


def _an_id_chooses(patch: pytest.MonkeyPatch) -> None:
    def nosy(request: Any, *arguments: Any) -> Any:
        found = inbound_auction(request, *arguments)
        if isinstance(found, Auction) and request.user is not None:
            found.city = f"{found.city} of {request.user.id}"
        return found

    inbound_auction = inbound.auction
    patch.setattr(inbound, "auction", nosy)


def _names_of_spaces_are_told_of_everybody(patch: pytest.MonkeyPatch) -> None:
    real = inbound._opportunities
    patch.setattr(
        inbound,
        "_opportunities",
        lambda request, seat, rates, _, wanted: real(request, seat, rates, ALLOWED, wanted),
    )


def _the_address_is_logged(patch: pytest.MonkeyPatch) -> None:
    def chatty(request: Any) -> Any:
        gathering_log.info("somebody", address=request.device and request.device.ip)
        return inbound_signals(request)

    inbound_signals, gathering_log = inbound.signals, structlog.get_logger()
    patch.setattr(inbound, "signals", chatty)


def _what_is_stored_of_a_trail_chooses(patch: pytest.MonkeyPatch) -> None:
    def known(self: Any, gathered: Any, found: Any) -> None:
        real(self, gathered, found)
        gathered.auction.city = str(found.profile.interests)

    real = gathering.Gatherer._known
    patch.setattr(gathering.Gatherer, "_known", known)


def _explanations_tell_of_whom_nobody_may_know(patch: pytest.MonkeyPatch) -> None:
    def walk(self: Any, gathered: Any, *rest: Any, **names: Any) -> Any:
        told = real(self, gathered, *rest, **names)
        return told | {"segments": len(gathered.profile.segments)}

    real = explain.Explainer._walk
    patch.setattr(explain.Explainer, "_walk", walk)


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Mirror:
    return Mirror(tmp_path_factory.mktemp("planted") / "mirror", remote=False)


@pytest.mark.parametrize(
    "plant",
    [
        _permit(identify=True),
        _permit(personalise=True),
        _choices_are_not_heard,
        _objections_are_not_heard,
        _what_the_request_said_is_kept,
        _an_id_chooses,
        _names_of_spaces_are_told_of_everybody,
        _the_address_is_logged,
        _what_is_stored_of_a_trail_chooses,
        _explanations_tell_of_whom_nobody_may_know,
    ],
)
def test_a_planted_violation_is_noticed(
    plant: Plant, mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    pairs = Pairs(Random(5))
    found = requests(pairs.dice)
    while not pairs.wrong and pairs.asked < PAIRS * len(STATES):
        pairs.ask(mirror, next(found), pairs.dice.choice(STATES))
    assert pairs.wrong

"""From customer lists to profiles: decisions first, and the later word counts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.crm.customer_files import CustomerFiles
from adapters.crm.loading import Counts, CustomerStore, load_customers
from adapters.identity.hashing import sha256_of
from adapters.profiles.lmdb_profiles import Config
from adserver.domain.choices import Change
from adserver.domain.grant import Grant
from adserver.domain.person import PersonKey, pseudonymiser
from adserver.errors import Unavailable
from tests.fakes.profiles import FakeProfiles
from tests.unit.adapters_crm.test_customer_files import CRM, DATE_S, HEAD, NOW_S, grant_of

pseudonym = pseudonymiser(b"0123456789abcdef")
TODAY = NOW_S // 86_400
DAY_S = 86_400


@pytest.fixture(params=["fake", "lmdb"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[CustomerStore]:
    if request.param == "fake":
        yield FakeProfiles()
        return
    opened = Config(str(tmp_path / "profiles")).build_writer()
    yield opened
    opened.close()


def key(name: str) -> PersonKey:
    return pseudonym("email", sha256_of(f"{name}@shop.example"))


def load(
    store: CustomerStore, folder: Path, *rows: str, speaks_for: tuple[Grant, ...] = ()
) -> Counts:
    path = folder / "list.csv"
    path.write_text(HEAD + "\n".join(rows), encoding="utf-8")
    loader = CustomerFiles([path], grant_of, NOW_S, "49")
    return load_customers(loader, pseudonym, store, TODAY, grant_of, speaks_for=speaks_for)


def kept(store: CustomerStore, person: PersonKey) -> set[str]:
    memberships = store.dossier([person]).memberships
    return set(store.names([each.segment for each in memberships]).values())


def test_customers_are_found_by_any_of_their_ids(store: CustomerStore, tmp_path: Path) -> None:
    row = "jane@shop.example,030 1234567,gold|orders-2025,yes,2026-01-31"
    assert load(store, tmp_path, row, "bad") == Counts(1, 1, 0, 1, 0, 1)
    phone = pseudonym("phone", sha256_of("+49301234567"))
    for person in (key("jane"), phone):
        assert kept(store, person) == {"gold", "orders-2025"}
    choices = store.dossier([key("jane")]).choices
    assert (choices.consented, choices.at_s) == (True, DATE_S)


def test_the_same_file_again_changes_nothing(store: CustomerStore, tmp_path: Path) -> None:
    row = "jane@shop.example,030 1234567,gold,yes,2026-01-31"
    load(store, tmp_path, row)
    assert load(store, tmp_path, row) == Counts(1, 0, 0, 0, 0, 0)


def test_who_takes_the_opt_in_back_leaves_what_it_was_for(
    store: CustomerStore, tmp_path: Path
) -> None:
    load(store, tmp_path, "jane@shop.example,,gold|orders-2025,yes,2026-01-31")
    counts = load(store, tmp_path, "jane@shop.example,,gold|orders-2025,no,2026-02-01")
    assert (counts.withdrawals, counts.withheld) == (1, 1)
    assert kept(store, key("jane")) == {"orders-2025"}
    assert not store.dossier([key("jane")]).choices.consented


def test_a_file_that_names_no_segment_speaks_for_the_source_that_it_is_said_to(
    store: CustomerStore, tmp_path: Path
) -> None:
    load(store, tmp_path, "jane@shop.example,,gold|orders-2025,yes,2026-01-31")
    load(store, tmp_path, "jane@shop.example,,,no,2026-02-01", speaks_for=(CRM,))
    assert kept(store, key("jane")) == {"orders-2025"}


def test_an_older_list_does_not_undo_what_somebody_told_us_since(
    store: CustomerStore, tmp_path: Path
) -> None:
    row = "jane@shop.example,,gold,yes,2026-01-31"
    load(store, tmp_path, row)
    store.choose([key("jane")], Change("withdraw"), DATE_S + DAY_S)
    assert load(store, tmp_path, row).consents == 0
    assert not store.dossier([key("jane")]).choices.consented
    store.choose([key("jane")], Change("consent"), DATE_S + 2 * DAY_S)
    assert load(store, tmp_path, "jane@shop.example,,gold,no,2026-01-31").withdrawals == 0
    assert store.dossier([key("jane")]).choices.consented


def test_a_no_before_any_yes_is_remembered_against_older_lists(
    store: CustomerStore, tmp_path: Path
) -> None:
    assert load(store, tmp_path, "jane@shop.example,,gold,no,2026-02-01").withdrawals == 1
    assert load(store, tmp_path, "jane@shop.example,,gold,yes,2026-01-31").consents == 0


def test_who_was_forgotten_is_not_brought_back(store: CustomerStore, tmp_path: Path) -> None:
    row = "jane@shop.example,,gold,yes,2026-01-31"
    load(store, tmp_path, row)
    store.erase([key("jane")], NOW_S)
    assert load(store, tmp_path, row).consents == 0
    assert kept(store, key("jane")) == set()
    assert not store.dossier([key("jane")]).choices.consented


def test_a_store_that_fails_says_so(tmp_path: Path) -> None:
    store = FakeProfiles()
    store.broken = True
    with pytest.raises(Unavailable):
        load(store, tmp_path, "jane@shop.example,,gold,yes,2026-01-31")

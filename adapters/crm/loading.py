"""From customer files to profiles: what customers agreed to, whose numbers are whose, and their segments."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, Protocol

from adapters.crm.customer_files import CustomerFiles
from adapters.dmp.loading import GrantOf, load_segments
from adserver.domain.choices import Dated
from adserver.domain.grant import Grant
from adserver.domain.person import PersonKey
from adserver.errors import Fault
from adserver.ports.people import Audiences, People


class CustomerStore(Audiences, People, Protocol):
    """Where both what is said of people and what they decided are kept."""


class Counts(NamedTuple):
    """What became of a load."""

    customers: int
    consents: int
    """Opt-ins that were new."""
    withdrawals: int
    linked: int
    """Numbers that are now known to be another id of a customer."""
    withheld: int
    """Customers with segments that were not loaded, because they did not agree to their use."""
    rows_skipped: int


class _Read(NamedTuple):
    """Customers, as `load_segments` takes them."""

    customers: Sequence[tuple[str, str, tuple[str, ...]]]
    faults: Sequence[Fault]
    skipped: int

    def people(self) -> Sequence[tuple[str, str, tuple[str, ...]]]:
        """Return them."""
        return self.customers


def load_customers(
    loader: CustomerFiles,
    pseudonym: Callable[[str, str], PersonKey],
    store: CustomerStore,
    day: int,
    grant_of: GrantOf,
    on_progress: Callable[[int, int], None] = lambda *_: None,
    speaks_for: Iterable[Grant] = (),
) -> Counts:
    """Store what the files say: first what customers decided, then whose ids are whose, then their segments.

    A decision counts if it is later than what the person last decided with us. `day` is today, in days since the
    epoch; the rest is as in `load_segments`. Blocks. Raises `InvalidConfig` if there is nothing to load,
    `Unavailable` if the store fails; what was stored until then is right, and loading again does the rest.
    """
    customers = loader.people()
    kept = store.choose_each(
        (pseudonym(*person), Dated("consent" if each.opted_in else "withdraw", each.at_s))
        for person, each in loader.decisions()
    )
    linked = store.link((pseudonym(*person), pseudonym(*each)) for person, each in loader.links())
    rights = dict.fromkeys((*loader.grants, *speaks_for))
    read = _Read(customers, loader.faults, loader.skipped)
    stored = load_segments(read, pseudonym, store, day, grant_of, on_progress, rights)
    return Counts(
        stored.people,
        kept["consent"],
        kept["withdraw"],
        linked,
        loader.withheld,
        stored.skipped_rows,
    )

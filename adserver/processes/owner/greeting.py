"""What a worker is told when it comes, or comes back."""

from collections.abc import Iterator

from adserver.background.people_messages import Counted
from adserver.background.protocol import (
    Arms,
    FromOwner,
    Hello,
    Holds,
    Paces,
    Resolved,
    Trouble,
    Welcome,
)
from adserver.domain.money import Nanos
from adserver.processes.owner.desk import Desk


def greeting(
    desk: Desk, lease: int, hello: Hello, resolved: tuple[tuple[bytes, Nanos], ...]
) -> Iterator[FromOwner]:
    """Yield the answer to a `Hello`, and all that others were told before it came."""
    yield Welcome(lease, hello.stamp_s, desk.term_s(), desk.ahead_s)
    if holds := desk.holds():
        yield Holds(holds)
    if resolved:
        yield Resolved(resolved)
    if paces := desk.paces.current():
        yield Paces(paces)
    now_s, arms = desk.clock.now(), desk.ledger.arms
    if counts := {each: arms.of(each, now_s) for each in arms.line_items()}:
        yield Arms(counts)
    if desk.workers.counted_since_s:
        yield Counted(desk.workers.counted_since_s)
    if desk.workers.trouble:
        yield Trouble(desk.workers.trouble)

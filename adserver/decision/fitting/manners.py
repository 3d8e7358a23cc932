"""What every kind of space asks alike."""

from adserver.catalog.fitting.spaces import Step
from adserver.catalog.snapshot import Snapshot
from adserver.decision.tracing import Trace
from adserver.domain.opportunity import Opportunity
from adserver.domain.reasons import Reason


def without(misfits: tuple[Step, ...], alive: int, trace: Trace) -> int:
    """Return who is left when each who does not fit has fallen for their reason."""
    for reason, members in misfits:
        alive = trace.narrow(reason, alive, ~members)
    return alive


def well_behaved(snapshot: Snapshot, blocked: tuple[int, ...], alive: int, trace: Trace) -> int:
    """Return who has none of the blocked attributes."""
    if blocked:
        bad = snapshot.fit.with_attributes(blocked)
        alive = trace.narrow(Reason.BLOCKED_ATTRIBUTE, alive, ~bad, blocked)
    return alive


def welcome(snapshot: Snapshot, opportunity: Opportunity, alive: int, trace: Trace) -> int:
    """Return who has nobody and is about nothing that an exchange does not list here, and is not excluded by id."""
    declared = snapshot.fit.declared
    vendors, subjects = opportunity.allowed_vendors, opportunity.allowed_restrictions
    if vendors is not None:
        alive = trace.narrow(
            Reason.BLOCKED_VENDOR, alive, ~declared.with_vendors_beyond(vendors), vendors
        )
    if subjects is not None:
        alive = trace.narrow(
            Reason.BLOCKED_SUBJECT, alive, ~declared.with_subjects_beyond(subjects), subjects
        )
    if opportunity.blocked_creatives:
        alive = trace.narrow(
            Reason.BLOCKED_CREATIVE, alive, ~declared.named(opportunity.blocked_creatives)
        )
    return alive

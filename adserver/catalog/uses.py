"""Which line items use what is known of people, and which may not."""

from collections.abc import Iterator
from typing import NamedTuple

from adserver.catalog.placed import Placed, all_line_items
from adserver.domain.campaign import Catalog
from adserver.domain.grant import Basis, Use
from adserver.domain.targeting import segment_names
from adserver.errors import Fault, InvalidConfig
from adserver.privacy.policy import Policy

_BASES = {
    Basis.CONSENT: "with people's consent",
    Basis.OPT_IN: "with people's opt-in",
    Basis.CONTRACT: "under a contract with people",
    Basis.LEGITIMATE_INTEREST: "for a legitimate interest",
}
_USES = {
    Use.SELECT: "choose advertisements",
    Use.MEASURE: "measure what advertising did",
    Use.TRAIN: "improve models",
    Use.SERVICE: "serve customers",
}


class Refusal(NamedTuple):
    """A line item that would use data against its declared purposes."""

    line_item: str
    message: str
    """For the marketer: which segment, what it was collected for, and what to do."""


def mentioned(placed: Placed) -> tuple[str, ...]:
    """Return the segments that a line item's audience mentions, also those behind a `not`, each once, sorted."""
    audience = placed.line_item.audience
    return () if audience is None else tuple(sorted(set(segment_names(audience))))


def is_capped(placed: Placed) -> bool:
    """Tell whether contacts of people are counted for a line item, at any level above it too."""
    owners = (placed.advertiser, placed.campaign, placed.insertion_order, placed.line_item)
    return any(owner.caps for owner in owners)


def refusals(policy: Policy, catalog: Catalog) -> Iterator[Refusal]:
    """Yield what the policy forbids, of all line items but archived ones: a paused one may be active tomorrow."""
    why: dict[str, str] = {}
    for placed in all_line_items(catalog):
        if placed.is_archived:
            continue
        for name in mentioned(placed):
            if name not in why:
                why[name] = "" if policy.may_select(name) else _why_not(policy, name)
            if why[name]:
                yield Refusal(placed.line_item.id, f"line item '{placed.line_item.id}' {why[name]}")


def refuse(policy: Policy, catalog: Catalog, file: str) -> None:
    """Raise `InvalidConfig` with every refusal, as faults of the file that the catalog was read from."""
    faults = [Fault(file, "$", refusal.message) for refusal in refusals(policy, catalog)]
    if faults:
        raise InvalidConfig(faults)


def in_words(basis: Basis, uses: tuple[Use, ...]) -> str:
    """Say by what right and for what: `with people's opt-in, to choose advertisements`."""
    *most, last = [_USES[use] for use in uses]
    purposes = f"{', '.join(most)} and {last}" if most else last
    return f"{_BASES[basis]}, to {purposes}"


def _why_not(policy: Policy, name: str) -> str:
    asks = f"asks for the segment '{name}'"
    source = policy.source_of(name)
    if source is None:
        return (
            f"{asks}, and the rules about people's data do not say where it comes from. Declare its source there, or take "
            "the segment out of the audience"
        )
    if source.sensitive:
        return (
            f"{asks}, which the rules about people's data call sensitive: it may choose no advertisement, and leave "
            "nobody out of one. Take it out of the audience; the page's category can say what the page is about"
        )
    grant = source.grant
    return (
        f"{asks}. That was collected by '{grant.source}' {in_words(grant.basis, grant.uses)}; it may not choose who sees an "
        "advertisement. Take it out of the audience, or ask people for it and add `select` to the uses of "
        f"'{grant.source}'"
    )

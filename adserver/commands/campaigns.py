"""`check`: what goes in before anything is bid, and what it means for people."""

import argparse

from adserver import bootstrap
from adserver.background.reviews_file import read_reviews
from adserver.background.sizes_file import read_sizes
from adserver.catalog.placed import active_line_items
from adserver.commands.audiences import count_with_progress
from adserver.commands.rules import Explanation, explained
from adserver.commands.terminal import OK, command, counted, err, out, print_json
from adserver.config import Loaded, load_settings
from adserver.domain.campaign import Catalog
from adserver.errors import InvalidConfig, Unavailable
from adserver.processes import builder


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add these commands."""
    command(commands, "check", check, "Check settings and campaigns, and write the snapshot.")


def check(options: argparse.Namespace) -> int:
    """Compile the campaigns into the snapshot that servers load, and explain the rules about people's data.

    All faults are told at once.
    """
    loaded = load_settings(options.config)
    builder.prepare_state(loaded)
    builder.check_secrets(loaded)
    builder.check_place(loaded)
    read_reviews(bootstrap.places(loaded).reviews)
    refused = builder.check_lists(loaded)
    if refused:  # a server could go on without; who asks wants to know
        raise InvalidConfig([fault for error in refused.values() for fault in error.faults])
    catalog = builder.build(loaded)
    active = sum(1 for _ in active_line_items(catalog))
    creatives = sum(len(advertiser.creatives) for advertiser in catalog.advertisers)
    told = _explained(loaded, catalog, quiet=options.json)
    counts = {
        "ok": True,
        "advertisers": len(catalog.advertisers),
        "active_line_items": active,
        "creatives": creatives,
        "deals": len(catalog.deals),
        "privacy": told,
    }
    if options.json:
        print_json(counts)
    else:
        out.print(
            f"All good: {counted(len(catalog.advertisers), 'advertiser')}, {counted(active, 'active line item')}, "
            f"{counted(creatives, 'creative')}, {counted(len(catalog.deals), 'deal')}. The snapshot is written."
        )
        out.print(
            f"People's data, by {loaded.settings.privacy or 'the rules that hold without a file'}:"
        )
        for sentence in told.says:
            out.print(f"- {sentence}", markup=False, highlight=False)
    return OK


def _explained(loaded: Loaded, catalog: Catalog, *, quiet: bool) -> Explanation:
    """Explain the rules; what was never counted is counted first, so that a new line item need not wait for it."""
    contextual = {each.name: each.contextual_without_consent for each in loaded.settings.exchanges}
    sizes = read_sizes(bootstrap.places(loaded).sizes)
    told = explained(loaded.policy, catalog, sizes, contextual)
    if not told.is_uncounted:
        return told
    try:
        sizes = count_with_progress(loaded, catalog, quiet=quiet)
    except Unavailable as error:
        err.print(f"Nobody was counted: {error}", markup=False)
    return explained(loaded.policy, catalog, sizes, contextual)

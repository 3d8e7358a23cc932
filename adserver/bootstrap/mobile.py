"""Installs of applications: who tells of them, put together."""

import os
from collections.abc import Callable
from typing import NamedTuple

from adserver.catalog.placed import all_line_items
from adserver.config import Loaded
from adserver.domain.campaign import Catalog
from adserver.domain.consent import Permission, Signals
from adserver.endpoints.postbacks.partners import Partner
from adserver.endpoints.postbacks.routes import SKADNETWORK, Postbacks
from adserver.endpoints.postbacks.skadnetwork import SkAdNetwork
from adserver.endpoints.routes import Handler
from adserver.endpoints.tokens import TokenVault
from adserver.openrtb.skadnetwork import Signer
from adserver.ports import Clock, Owner


class Mobile(NamedTuple):
    """What a worker signs advertisements of applications with, and who hears of installs."""

    signer: Signer | None
    postbacks: Postbacks


def mobile(
    loaded: Loaded,
    catalog: Catalog,
    *,
    vault: TokenVault,
    owner: Owner,
    clock: Clock,
    permit: Callable[[Signals], Permission],
) -> Mobile:
    """Build it. Raises `InvalidConfig` if a key or a secret cannot be read."""
    section, folder = loaded.settings.mobile, loaded.file.parent
    apple = section.apple(folder, os.urandom)
    advertisers = {
        placed.line_item.number: placed.advertiser.id for placed in all_line_items(catalog)
    }
    handlers: dict[str, Handler] = {
        terms.name: Partner(
            terms,
            proof,
            vault=vault,
            owner=owner,
            clock=clock,
            rates=loaded.rates,
            advertiser_of=advertisers.get,
            permit=permit,
        )
        for terms, proof in section.proofs(folder)
    }
    if apple is not None:
        handlers[SKADNETWORK] = SkAdNetwork(apple.verifier, owner, clock)
    return Mobile(apple and apple.signer, Postbacks(handlers))

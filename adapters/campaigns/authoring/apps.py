"""Applications that line items want installed, as people write them."""

from adapters.campaigns.authoring.cursor import Cursor
from adapters.campaigns.authoring.names import Names
from adapters.campaigns.authoring.values import choice, pattern, whole, yes_no
from adserver.domain.app_install import MAX_SOURCE, MIN_SOURCE, AdvertisedApp, Overlay

KEYS = ("store_id", "source_identifier", "view_through", "product_page", "overlay")
MAX_DELAY_S = 600
_HEX = "[0-9a-f]"
_UUID = f"{_HEX}{{8}}(?:-{_HEX}{{4}}){{3}}-{_HEX}{{12}}"


def app(cursor: Cursor, names: Names) -> AdvertisedApp:
    """Read what people are to install; of one application no two line items have the same identifier."""
    found = cursor.fields(KEYS, required=("store_id", "source_identifier"))
    store_id = "0"
    if "store_id" in found:
        store_id = pattern(
            found["store_id"], "[1-9][0-9]{0,18}", "an id of Apple's App Store: digits, as in id123"
        )
    source = MIN_SOURCE
    if "source_identifier" in found:
        source = whole(found["source_identifier"], MIN_SOURCE, MAX_SOURCE)
        names.claim(f"line item for app {store_id}", str(source), found["source_identifier"])
    return AdvertisedApp(
        store_id=store_id,
        source_identifier=source,
        view_through=yes_no(found["view_through"]) if "view_through" in found else False,
        product_page=pattern(
            found["product_page"], _UUID, "a page's id in the store: a UUID in lower case"
        )
        if "product_page" in found
        else "",
        overlay=_overlay(found["overlay"]) if "overlay" in found else None,
    )


def _overlay(cursor: Cursor) -> Overlay:
    found = cursor.fields(("delay_s", "end_card_delay_s", "dismissible", "position"))
    delays = {
        key: whole(found[key], 0, MAX_DELAY_S)
        for key in ("delay_s", "end_card_delay_s")
        if key in found
    }
    if not delays:
        cursor.fault("is never laid over anything: write `delay_s`, `end_card_delay_s` or both")
    return Overlay(
        **delays,
        dismissible=yes_no(found["dismissible"]) if "dismissible" in found else True,
        raised="position" in found and choice(found["position"], ("bottom", "raised")) == "raised",
    )

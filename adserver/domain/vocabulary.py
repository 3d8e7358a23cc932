"""The words of targeting where the list of them is closed."""

from collections.abc import Mapping

from adserver.domain.opportunity import OUT_OF_HOME
from adserver.domain.targeting import Dimension

YES, NO = "yes", "no"
CELLULAR = "cellular"
GENERATIONS = ("2g", "3g", "4g", "5g")
"""`cellular` stands for each, and for those that are not said to be of any."""

WORDS: Mapping[Dimension, tuple[str, ...]] = {
    Dimension.DEVICE_TYPE: (
        "phone", "tablet", "computer", "tv", "set_top_box", "connected", OUT_OF_HOME, "mobile",
    ),
    Dimension.OS: (
        "android", "ios", "windows", "macos", "linux", "chromeos", "tizen", "webos", "roku", "kaios",
    ),
    Dimension.INVENTORY_TYPE: ("site", "app", OUT_OF_HOME),
    Dimension.BROWSER: (
        "chrome", "safari", "firefox", "edge", "samsung", "opera", "brave", "chromium", "webview",
        "duckduckgo", "yandex", "uc", "huawei", "xiaomi", "vivaldi", "silk", "explorer",
    ),
    Dimension.CONNECTION: ("ethernet", "wifi", CELLULAR, *GENERATIONS),
    Dimension.LIVE: (YES, NO),
    Dimension.SUPPLY: ("direct", "reseller"),
    Dimension.POSITION: (
        "above_fold", "locked", "below_fold", "header", "footer", "sidebar", "fullscreen", "partial",
        "top_left", "top_right", "frame", "double_box", "double_box_background", "bottom_left",
        "bottom_right", "l_shape", "reversed_l_shape",
    ),
    Dimension.VIDEO_PLACEMENT: (
        "instream", "accompanying", "interstitial", "standalone", "pause", "screensaver", "overlay",
        "squeezeback", "in_scene",
    ),
    Dimension.START_DELAY: ("pre", "mid", "post"),
    Dimension.SKIPPABLE: (YES, NO),
    Dimension.REWARDED: (YES, NO),
    Dimension.INTERSTITIAL: (YES, NO),
}  # fmt: skip
"""Positions and video placements stand in the order of AdCOM's numbers, from 1."""
RATINGS = ("all_audiences", "over_12", "mature")
"""AdCOM's media ratings, from 1; other ratings are named as their boards name them."""

"""What an advertisement would be shown on: what the request says, then the structured user agent, then its string."""

from functools import lru_cache

from adserver.domain.agent import Agent
from adserver.domain.bounds import MAX_PARTS
from adserver.domain.opportunity import Value
from adserver.domain.targeting import Dimension
from adserver.domain.vocabulary import WORDS
from adserver.openrtb.place import MAX_NAME, system
from adserver.openrtb.request import Brand, Device, UserAgent

MAX_BRANDS = 8
MAX_VERSION = 40
_CONNECTIONS = dict(enumerate(WORDS[Dimension.CONNECTION], start=1))
_BRANDS = (  # a prefix of the lower-case name -> ours; what says more stands before what says less
    ("microsoft edge", "edge"), ("edge", "edge"), ("opera", "opera"), ("brave", "brave"),
    ("samsung", "samsung"), ("vivaldi", "vivaldi"), ("yandex", "yandex"), ("duckduckgo", "duckduckgo"),
    ("uc browser", "uc"), ("huawei", "huawei"), ("miui", "xiaomi"), ("xiaomi", "xiaomi"),
    ("amazon silk", "silk"), ("silk", "silk"), ("android webview", "webview"),
    ("chrome mobile webview", "webview"), ("google chrome", "chrome"), ("chrome", "chrome"),
    ("mobile safari", "safari"), ("safari", "safari"), ("firefox", "firefox"), ("ie", "explorer"),
    ("internet explorer", "explorer"),
)  # fmt: skip
_BROWSERS = frozenset(ours for _, ours in _BRANDS) | {"chromium"}
_ENGINES = ("chromium", "not")
"""Brands that every browser of the family lists beside its own name, and those made up to be ignored (`Not:A-Brand`)."""


def os_version(device: Device) -> Value:
    """Return system and version, `ios 17.5`; without a system a version says nothing."""
    name = system(device)
    version = str(device.osv or "")[:MAX_VERSION].strip()
    if not version and device.sua and device.sua.platform and device.sua.platform.version:
        version = ".".join(map(str, device.sua.platform.version[:MAX_PARTS]))
    return f"{name} {version}" if name and version[:1].isdigit() else ""


def browser(device: Device) -> Value:
    """Return the browser's name in our words, of the structured user agent (see `complete` for the other one)."""
    brands = device.sua.browsers if device.sua else None
    found = ""
    for each in (brands or ())[:MAX_BRANDS]:
        name = _browser((each.brand or "")[:MAX_NAME])
        if name and name != "chromium":
            return name
        found = found or name
    return found


def known_browser(device: Device) -> str:
    """Return the browser's name if it is one of the well-known: a rare one may tell devices apart."""
    found = browser(device)
    return found if isinstance(found, str) and found in _BROWSERS else ""


def language(device: Device) -> Value:
    """Return the two-letter code of the device's language; `langb` has longer tags."""
    tag = (device.language or device.langb or "").strip()[:MAX_NAME]
    return tag.replace("_", "-").partition("-")[0].lower()


def connection(device: Device) -> Value:
    """Return AdCOM's connection type in our words."""
    return _CONNECTIONS.get(device.connectiontype or 0, "")


def carrier(device: Device) -> Value:
    """Return the carrier's lower-case name, and its codes of country and network."""
    said = (device.carrier, device.mccmnc)
    return tuple([each.strip().lower()[:MAX_NAME] for each in said if each])


def maker(device: Device) -> Value:
    """Return the lower-case name of who made the device."""
    return (device.make or "").strip().lower()[:MAX_NAME]


def model(device: Device) -> Value:
    """Return the lower-case name of the model; the structured user agent's where the request has none."""
    name = device.model or (device.sua.model if device.sua else None) or ""
    return name.strip().lower()[:MAX_NAME]


def lacks(device: Device, asked: frozenset[Dimension]) -> bool:
    """Tell whether the user agent's string could say what is asked for and not said otherwise."""
    return (
        (Dimension.BROWSER in asked and not browser(device))
        or (Dimension.OS in asked and not system(device))
        or (Dimension.OS_VERSION in asked and not os_version(device))
        or (Dimension.MAKER in asked and not device.make)
        or (Dimension.MODEL in asked and not model(device))
    )


def complete(device: Device, agent: Agent) -> None:
    """Write into the request what it does not say and the user agent's string does."""
    named = system(device)
    if not device.os and not named:
        device.os = agent.system or None
    if agent.system_version and not os_version(device) and _same(system(device), agent.system):
        device.osv = agent.system_version
    device.make = device.make or agent.maker or None
    if not model(device):
        device.model = agent.model or None
    if agent.browser and not browser(device):
        device.sua = device.sua or UserAgent()
        device.sua.browsers = [Brand(brand=agent.browser)]


def _same(named: str, told: str) -> bool:
    """Tell whether both mean one system: a version belongs to its own."""
    return bool(told) and named == system(Device(os=told))


@lru_cache(maxsize=1_024)
def _browser(name: str) -> str:
    name = name.strip().lower()
    for prefix, ours in _BRANDS:
        if name.startswith(prefix):
            return ours
    if name.startswith(_ENGINES):
        return "chromium" if name.startswith("chromium") else ""
    return name

"""Videos and sounds with everything that can be said of them, and what becomes of them in VAST."""

from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree as ET

from msgspec.structs import replace

from adapters.channels import prepare
from adserver.domain.creative import Audio, AudioFile, Companion, Verification, Video
from adserver.domain.opportunity import AudioSpace, Opportunity, VideoSpace
from adserver.domain.vast import VAST_VERSIONS, VAST_WRAPPERS, version_of
from adserver.ports import Links
from tests.unit.adapters_channels.samples import LINKS, TOKEN, VIDEO
from tests.unit.adapters_channels.schema import Answer

Film = Video | Audio
TAG = "https://third.example/vast?line=1&click=0"
SEEN = LINKS._replace(viewable=f"https://ads.example/t/viewable/{TOKEN}")
COMPANION = Companion(
    width=300,
    height=250,
    image_url="https://cdn.example/beside.png",
    alternative_text="Boots ]]> & more",
)
SCRIPT = Verification(
    vendor="company.example-omid",
    script_url="https://cdn.example/omid.js?a=1&b=2",
    parameters='{"campaign": "<autumn> ]]>"}',
)
FULL_VIDEO = replace(
    VIDEO,
    id="autumn-full",
    skip_after_s=5,
    companions=(COMPANION, replace(COMPANION, width=728, height=90)),
    verifications=(SCRIPT,),
    registry="ad-id.org",
    registered_id="ABCD0001000H",
)
AUDIO = Audio(
    id="autumn-sound",
    landing_url="https://shop.example/autumn",
    duration_s=20,
    title="Rain & boots",
    audio_files=(
        AudioFile(url="https://cdn.example/rain.mp3", bitrate_kbps=128),
        AudioFile(url="https://cdn.example/rain.m4a", mime="audio/mp4", bitrate_kbps=64),
    ),
)
FULL_AUDIO = replace(
    AUDIO,
    id="rain-full",
    companions=(COMPANION,),
    verifications=(SCRIPT,),
    registered_id="7",
    registry="r",
)
FULL_SPACE = Opportunity(
    id="1",
    video=VideoSpace(protocols=(13,), apis=(7,), companions=((300, 250),)),
    audio=AudioSpace(protocols=(13,), apis=(7,), companions=((300, 250),)),
)
AUDIO_SPACE = Opportunity(id="1", audio=AudioSpace(mimes=("audio/mpeg",), protocols=(2, 3, 7)))


def wrapping(creative: Film, version: str = "2.0", tag: str = TAG) -> Film:
    """Return it as a third party has it."""
    wrapped: Any = {"wrapped_url": tag, "wrapped_version": version}
    if isinstance(creative, Audio):
        return replace(creative, audio_files=(), **wrapped)
    return replace(creative, media_files=(), **wrapped)


CREATIVES: dict[str, Film] = {each.id: each for each in (VIDEO, FULL_VIDEO, AUDIO, FULL_AUDIO)} | {
    f"{each.id}-wrapped": wrapping(each) for each in (VIDEO, FULL_VIDEO, AUDIO, FULL_AUDIO)
}


def answer(creative: Film, protocol: int, links: Links = SEEN, **space: Any) -> Answer:
    """Return what a player of one protocol is answered; `space` is what else it says."""
    said = {"protocols": (protocol,), **space}
    if isinstance(creative, Audio):
        opportunity = Opportunity(id="1", audio=AudioSpace(**said))
    else:
        opportunity = Opportunity(id="1", video=VideoSpace(**said))
    return Answer(version_of(protocol), prepare(creative).render(links, opportunity))


def everything() -> Iterator[tuple[str, Answer]]:
    """Yield each creative in each version, for players that want nothing and for those that want everything."""
    wishes: dict[str, dict[str, Any]] = {
        "plain": {},
        "all": {"apis": (7,), "companions": ((300, 250),)},
        "both": {"apis": (7,), "companions": ((300, 250), (728, 90))},
        "skipping": {"skippable": True},
    }
    for name, creative in CREATIVES.items():
        for protocol in VAST_WRAPPERS if creative.wraps else VAST_VERSIONS:
            for wish, space in wishes.items():
                if wish == "skipping" and isinstance(creative, Audio):
                    continue
                for why in (SEEN.why, ""):
                    said = answer(creative, protocol, SEEN._replace(why=why), **space)
                    label = "labelled" if why else "unlabelled"
                    yield f"{name} {said.version} {wish} {label}", said


def elements(document: str) -> list["ET.Element[str]"]:
    """Return every element of a document, in order."""
    return list(ET.fromstring(document).iter())  # noqa: S314  written by us


def texts(document: str, name: str) -> list[str]:
    """Return the texts of all elements of one name."""
    return [each.text or "" for each in named(document, name)]


def named(document: str, name: str) -> list["ET.Element[str]"]:
    """Return all elements of one name, whatever the namespace."""
    return [each for each in elements(document) if each.tag.rpartition("}")[2] == name]

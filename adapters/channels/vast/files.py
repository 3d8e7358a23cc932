"""The files of a video or a sound: those that a player can play, the best for it first."""

from collections.abc import Iterable
from typing import NamedTuple

from adapters.channels.vast.writing import attribute, cdata
from adserver.domain.creative import AudioFile, MediaFile
from adserver.domain.opportunity import PlayerSpace, VideoSpace
from adserver.domain.vast import Rendition, plays, rendition
from adserver.domain.web_address import web_address

FIRST_WITH_CODEC = "3.0"


class File(NamedTuple):
    """One file, written for each version."""

    rendition: Rendition
    pixels: int
    xml: str
    """For VAST 2.0, which knows no codecs."""
    xml_with_codec: str


def written(file: MediaFile | AudioFile, *, secure: bool) -> File:
    """Return a file as `MediaFile`. Raises `ValueError` for a bad address.

    Width and height are required of all of them: those of a sound are 0.
    """
    width, height, codec = (
        (file.width, file.height, file.codec) if isinstance(file, MediaFile) else (0, 0, "")
    )
    bitrate = f' bitrate="{file.bitrate_kbps}"' if file.bitrate_kbps else ""
    head = (
        f'<MediaFile delivery="{file.delivery}" type="{attribute(file.mime)}"{bitrate}'
        f' width="{width}" height="{height}"'
    )
    tail = f">{cdata(web_address(file.url, secure=secure))}</MediaFile>"
    coded = f' codec="{attribute(codec)}"' if codec else ""
    return File(rendition(file), width * height, head + tail, head + coded + tail)


def playable(files: Iterable[File], space: PlayerSpace, version: str) -> str:
    """Return the files that this player can play, nearest in size first: some players take the first."""
    accepted = [file for file in files if plays(space, file.rendition)]
    if isinstance(space, VideoSpace) and space.size is not None and len(accepted) > 1:
        wanted = space.size[0] * space.size[1]
        accepted.sort(key=lambda file: abs(file.pixels - wanted))
    with_codec = version >= FIRST_WITH_CODEC
    return "".join([file.xml_with_codec if with_codec else file.xml for file in accepted])

"""Video: VAST in the version and with the files that the player can use."""

from adapters.channels.vast.markup import PlayedMarkup
from adserver.domain.creative import AnyCreative, Video


class VideoChannel:
    """Puts out videos."""

    def prepare(self, creative: AnyCreative) -> PlayedMarkup:
        """Prepare a video. Raises `ValueError` for another kind, nothing to play, or a bad address."""
        if not isinstance(creative, Video):
            raise ValueError(f"{creative.id}: a player of videos needs a video")  # noqa: TRY004 the port says so
        return PlayedMarkup(creative, creative.media_files)

"""Audio: VAST with sounds as its media files, for music services, podcasts and radio."""

from adapters.channels.vast.markup import PlayedMarkup
from adserver.domain.creative import AnyCreative, Audio


class AudioChannel:
    """Puts out sounds."""

    def prepare(self, creative: AnyCreative) -> PlayedMarkup:
        """Prepare a sound. Raises `ValueError` for another kind, nothing to play, or a bad address."""
        if not isinstance(creative, Audio):
            raise ValueError(f"{creative.id}: a player of sounds needs a sound")  # noqa: TRY004 the port says so
        return PlayedMarkup(creative, creative.audio_files)

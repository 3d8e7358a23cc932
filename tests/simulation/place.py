"""Where an owner listens: a name, and no file."""

from pathlib import PosixPath


class Address(PosixPath):
    """Where the owner listens: there is no file."""

    def unlink(self, missing_ok: bool = False) -> None:  # noqa: FBT001, FBT002 - as its parent
        """Do nothing."""

    def chmod(self, mode: int, *, follow_symlinks: bool = True) -> None:
        """Do nothing."""

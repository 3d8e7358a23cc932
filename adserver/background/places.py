"""Where things lie in the state folder."""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

LONGEST_SOCKET_PATH = 100
"""Unix allows 108 bytes."""


@dataclass(frozen=True)
class Places:
    """Where things lie in the state folder."""

    state: Path

    @property
    def snapshot(self) -> Path:
        """The compiled catalog."""
        return self.state / "snapshot.bin"

    @property
    def token_keys(self) -> Path:
        """Keys of the tracking tokens."""
        return self.state / "token.keys"

    @property
    def person_key(self) -> Path:
        """The secret behind people's pseudonyms; without it nobody is found again."""
        return self.state / "person.key"

    @property
    def profiles(self) -> Path:
        """The LMDB of people."""
        return self.state / "profiles"

    @property
    def diary(self) -> Path:
        """What was done to people in a Redis, to fill it again; of no use with any other."""
        return self.state / "diary"

    @property
    def journal(self) -> Path:
        """The ledger."""
        return self.state / "ledger"

    @property
    def events(self) -> Path:
        """Segment files of events."""
        return self.state / "events"

    @property
    def models(self) -> Path:
        """Trained click models, the current one among them."""
        return self.state / "models"

    @property
    def orders(self) -> Path:
        """Orders per click as last counted."""
        return self.models / "orders.json"

    @property
    def networks(self) -> Path:
        """Copies of the last good lists of networks."""
        return self.state / "networks"

    @property
    def supply(self) -> Path:
        """Copies of ads.txt and sellers.json, and the table made of them."""
        return self.state / "supply"

    @property
    def chances(self) -> Path:
        """When line items' chances come, as learned: what plans are made from."""
        return self.state / "chances.bin"

    @property
    def feeds(self) -> Path:
        """Loaded product feeds."""
        return self.state / "feeds"

    @property
    def sizes(self) -> Path:
        """How many people are in segments and audiences."""
        return self.state / "sizes.json"

    @property
    def reviews(self) -> Path:
        """What exchanges said of creatives."""
        return self.state / "reviews.json"

    @property
    def supervisor_pid(self) -> Path:
        """The process id of the running supervisor."""
        return self.state / "supervisor.pid"

    @property
    def socket(self) -> Path:
        """The owner's socket; beside the state if the path is short enough for Unix."""
        path = self.state / "owner.sock"
        if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
            return path
        name = hashlib.sha256(os.fsencode(self.state)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"adserver-{name}.sock"

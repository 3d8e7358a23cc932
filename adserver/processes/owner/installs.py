"""What Apple's word on an install changes: counted once, for the one line item that it can be."""

import msgspec

from adserver.domain.entries import Installed
from adserver.domain.ledger import Ledger
from adserver.domain.notice import Install
from adserver.processes.owner.grants import Enter
from adserver.processes.owner.lines import Lines
from adserver.processes.owner.notices import REPEATED, Outcome

_json = msgspec.json.Encoder().encode


class Installs:
    """Turns Apple's postbacks into entries."""

    def __init__(self, ledger: Ledger, enter: Enter) -> None:
        self._ledger = ledger
        self._enter = enter

    def install(self, install: Install, lines: Lines) -> Outcome:
        """Count a postback once. It is an install's first if it won and tells of the first span after it; the later
        ones, and those that went to another network, are only logged. They cannot be told apart by time: Apple
        signs none, so what was counted is remembered for good.
        """
        if install.transaction in self._ledger.installs:
            return REPEATED
        line_item = lines.sources.line_item(install.store_id, install.source)
        counts = install.won and install.window == 0 and not install.test
        self._enter(Installed(install.transaction, line_item if counts else 0, install.at_s))
        name = lines.name(line_item) if line_item else ""
        return Outcome(first=True, line=install_line(install, name))


def install_line(install: Install, line_item: str) -> bytes:
    """Return the line for the event log."""
    return _json(
        {
            "event": "install",
            "at": install.at_s,
            "transaction": install.transaction.hex(),
            "version": install.version,
            "app": install.store_id,
            "source": install.source,
            "line_item": line_item,
            "won": install.won,
            "redownload": install.redownload,
            "test": install.test,
            "fidelity": install.fidelity,
            "window": install.window,
            "fine_value": install.fine_value,
            "coarse_value": install.coarse_value,
            "source_app": install.source_app,
        }
    )

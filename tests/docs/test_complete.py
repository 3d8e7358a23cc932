"""Nothing that a person can meet is undocumented, and nothing is documented that is not there."""

import re

import msgspec
import pytest

from adserver.__main__ import main
from adserver.domain.attribution import NOBODYS
from adserver.domain.campaign import Catalog
from adserver.domain.identity import number
from adserver.domain.notice import KINDS, Conversion, Install, Notice
from adserver.domain.reasons import Reason
from adserver.domain.targeting import Dimension
from adserver.domain.ticket import Ticket
from adserver.endpoints.events import BidEvent, ShadowEvent
from adserver.endpoints.intake import Outcome
from adserver.endpoints.ops import PrivatePort
from adserver.endpoints.tracking import VIDEO_EVENTS
from adserver.openrtb.codec import REFUSALS
from adserver.processes.owner.event_lines import notice_line, order_line
from adserver.processes.owner.installs import install_line
from adserver.processes.owner.lines import Lines
from tests.docs import reference
from tests.docs.pages import DOCS, ROOT, first_column, spans

REFERENCE = DOCS / "reference"
NO_ADAPTERS = {
    "adapters/channels/beacon.py", "adapters/channels/placeholders.py",
    "adapters/crm/loading.py", "adapters/dmp/loading.py",
    "adapters/profiles/changing.py", "adapters/profiles/choice_records.py",
    "adapters/profiles/grants.py", "adapters/profiles/record.py",
}  # fmt: skip
"""What all adapters of a kind share is no adapter."""
_LOGGED = re.compile(r'_log\.(?:warning|error|critical|exception)\(\s*"(\w+)"')


@pytest.mark.parametrize("page", reference.PAGES)
def test_generated_tables_are_those_of_the_code(page: str) -> None:
    """Run `python -m tests.docs.reference` after changing a setting, a metric or a command."""
    assert (DOCS / page).read_text("utf-8") == reference.renewed(page)


def test_every_setting_says_what_it_means() -> None:
    rows = [
        line
        for line in (REFERENCE / "settings.md").read_text("utf-8").splitlines()
        if line.startswith("| `")
    ]
    assert len(rows) > 30
    assert not [row for row in rows if not row.split("|")[-2].strip()]


def test_every_command_is_documented(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    offered = set(re.findall(r"^    (\w+)(?: |$)", capsys.readouterr().out, re.MULTILINE))
    assert offered == set(reference.parsers())


def test_every_reason_is_documented() -> None:
    page = (REFERENCE / "reasons.md").read_text("utf-8")
    assert set(re.findall(r"^\| `(\w+)`", page, re.MULTILINE)) == set(Reason)


def test_every_targeting_dimension_is_documented() -> None:
    said = first_column(REFERENCE / "campaign-files.md", "## Targeting")
    assert said == {*Dimension, "audience"}


def test_every_adapter_has_a_row() -> None:
    modules = {str(path.relative_to(ROOT)) for path in ROOT.glob("adapters/*/*.py")}
    modules = {name for name in modules if not name.endswith("__init__.py")}
    page = (REFERENCE / "adapters.md").read_text("utf-8")
    assert set(re.findall(r"^\| `([^`]+)`", page, re.MULTILINE)) == modules - NO_ADAPTERS


def test_every_field_of_every_event_is_documented() -> None:
    page = REFERENCE / "events.md"
    assert first_column(page, "## `bid`") == set(BidEvent.__struct_fields__)
    assert first_column(page, "## `shadow`") == set(ShadowEvent.__struct_fields__)
    lines = Lines(Catalog((), (), "USD"), {})
    ticket = Ticket(b"bid", 0, "north", number("line_item", "a"), 1, 1, 0, 0, 0, 1, 0, 0)
    notice = notice_line(Notice(kind="win", ticket=ticket, at_s=0), lines)
    assert first_column(page, "## Notices") == set(msgspec.json.decode(notice))
    order = Conversion(advertiser="a", order="1", at_s=0, value=0)
    line = order_line(order, b"hash", NOBODYS, "", lines)
    assert first_column(page, "## `conversion`") == set(msgspec.json.decode(line))
    install = Install(
        transaction=b"t",
        at_s=0,
        version="4.0",
        store_id="1",
        source="39",
        won=True,
        redownload=False,
    )
    assert first_column(page, "## `install`") == set(msgspec.json.decode(install_line(install, "")))
    assert set(KINDS) <= spans(page)


def test_every_way_to_refuse_is_documented() -> None:
    said = spans(REFERENCE / "http.md")
    refused = {outcome for outcome in Outcome if outcome.reason}
    assert {*REFUSALS, *refused, *VIDEO_EVENTS} <= said
    assert {*REFUSALS, *KINDS, *Outcome} <= spans(REFERENCE / "metrics.md")


def test_every_private_route_is_documented() -> None:
    port = PrivatePort.__new__(PrivatePort)  # routes only: nobody asks
    offered = {
        f"{route.method} {route.resource.canonical}"
        for route in port.application().router.routes()
        if route.resource is not None and route.method != "HEAD"
    }
    assert offered == first_column(REFERENCE / "http.md", "## The private ports")


def test_every_event_worth_waking_for_is_in_the_runbook() -> None:
    logged = {
        name
        for package in ("adserver", "adapters", "models")
        for path in (ROOT / package).rglob("*.py")
        for name in _LOGGED.findall(path.read_text("utf-8"))
    }
    assert len(logged) > 15
    assert logged <= spans(DOCS / "how-to" / "run-a-server.md")

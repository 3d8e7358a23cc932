"""Lists of customers and of links: rows are good, or told by number without what stands in them."""

import gzip

from adapters.crm.customer_files import CustomerFiles
from adapters.identity.link_files import MAX_IDS_PER_PERSON, LinkFiles
from adserver.domain.grant import UNDECLARED
from adserver.errors import InvalidConfig
from tests.fuzz.target import Target, scratch

_NOW_S = 1_790_000_000
_folder = scratch()
_FILES = tuple(_folder / name for name in ("list.csv", "list.csv.gz", "links.csv", "links.csv.gz"))


def check(data: bytes) -> None:
    """Hashes, decisions of the past and bounded persons, or `InvalidConfig`."""
    if not data:
        return
    file = _FILES[data[0] % len(_FILES)]
    file.write_bytes(data[1:])
    try:
        if file.name.startswith("list"):
            _check_customers(CustomerFiles([file], lambda _: UNDECLARED, _NOW_S, "49"))
        else:
            _check_links(LinkFiles([file]))
    except InvalidConfig as refusal:
        assert refusal.faults


def _check_customers(loader: CustomerFiles) -> None:
    for kind, identifier, _ in loader.people():
        assert kind in {"email", "phone"}
        assert len(bytes.fromhex(identifier)) == 32
    assert all(0 < decision.at_s <= _NOW_S for _, decision in loader.decisions())
    assert all(each != person for person, each in loader.links())


def _check_links(loader: LinkFiles) -> None:
    pairs = loader.pairs()
    ids = {each for _, each in pairs}
    assert len(ids) == len(pairs)
    persons = [person for person, _ in pairs]
    assert ids.isdisjoint(persons)
    assert all(persons.count(person) < MAX_IDS_PER_PERSON for person in set(persons))


def seeds() -> list[bytes]:
    """Return files of all four kinds."""
    rows = (
        b"email,phone,segments,opt_in,opt_in_date\n"
        b'jane@shop.example,030 1234567,a|b,yes,2026-01-31\njohn@shop.example,+4930765,"c",no,\n,,x,,\n'
    )
    links = b"person_kind,person_id,id_kind,id\nbuyeruid,b,ifa,AB-1\nemail,0a,buyeruid,b\nuser,x,eid:a.example,y\n"
    hashed = b"email_sha256;segments;opt_in\n" + b"ab" * 32 + b";a;\n"
    return [
        b"\x00" + rows, b"\x01" + gzip.compress(rows, mtime=0), b"\x02" + links,
        b"\x03" + gzip.compress(links, mtime=0), b"\x00" + hashed,
    ]  # fmt: skip


TARGET = Target(check, seeds)

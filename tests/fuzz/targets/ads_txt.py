"""ads.txt and app-ads.txt of strangers."""

from adserver.domain.hosts import host_name
from adserver.supply.ads_txt import MAX_ACCOUNT, MAX_FAULTS, parse
from tests.fuzz.target import Target, corpus


def check(data: bytes) -> None:
    """Records of real names, faults that can be read, or a `ValueError`; written again it says the same."""
    try:
        found = parse(data)
    except ValueError as error:
        assert "HTML" in str(error)
        return
    assert len(found.faults) <= min(found.fault_count, MAX_FAULTS)
    assert all(fault.line >= 1 and fault.message for fault in found.faults)
    for name in (*found.partners, *found.subdomains, *(name for name, _ in found.managers)):
        assert host_name(name) == name
    rows = []
    for record in found.records:
        assert host_name(record.domain) == record.domain
        assert 0 < len(record.account) <= MAX_ACCOUNT
        relation = "DIRECT" if record.direct else "RESELLER"
        rows.append(f"{record.domain},{record.account},{relation},{record.authority}")
    # A surrogate half can stand in an account that came as UTF-16; no file can hold it.
    again = parse("\n".join(rows).encode("utf-8", "replace"))
    assert len(again.records) <= len(found.records)
    assert not again.faults


def seeds() -> list[bytes]:
    """Return the corpus and what is common besides."""
    ours = [
        b"\xef\xbb\xbfssp.example, 1, DIRECT, f08c47fec0942fa0 # x\r\nOWNERDOMAIN=a.example\rSUBDOMAIN=b.a.example\n",
        b"MANAGERDOMAIN=m.example, FR\nINVENTORYPARTNERDOMAIN=p.example\nCONTACT=x\nnonsense\n",
        "ssp.example,1,RESELLER;x\n".encode("utf-16"), b"<!doctype html>",
    ]  # fmt: skip
    return ours + list(corpus("supplychain/ads_txt"))


TARGET = Target(check, seeds)

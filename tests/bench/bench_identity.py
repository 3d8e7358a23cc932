"""Print what it costs to know who somebody is: `python -m tests.bench.bench_identity`."""

import tempfile
import time
import timeit
from base64 import b64encode
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random

import msgspec

from adapters.crm.customer_files import CustomerFiles
from adapters.crm.loading import load_customers
from adapters.identity.uid2 import Uid2Tokens
from adapters.identity.uid2_keys import read_keyset
from adapters.identity.uid2_opt_outs import read_opt_outs
from adapters.identity.uid2_tokens import open_token
from adapters.profiles.lmdb_profiles import Config
from adserver.domain.grant import UNDECLARED
from adserver.domain.person import pseudonymiser
from adserver.openrtb import codec
from adserver.openrtb.partners import IdSource, plain_sources
from adserver.openrtb.people import identifiers
from tests.unit.adapters_identity import oracle
from tests.unit.endpoints.desk import Moment

EIDS = [
    {"source": f"partner-{n}.example", "uids": [{"id": "0123456789abcdef" * 3, "atype": 1}], "mm": 2}
    for n in range(5)
]  # fmt: skip
OPT_OUTS, CUSTOMERS = 1_000_000, 5_000


def microseconds(call: Callable[[], object], number: int = 5_000) -> float:
    """Return the best of five rounds, microseconds of CPU a call."""
    took_s = min(timeit.repeat(call, number=number, repeat=5, timer=time.process_time))
    return took_s / number * 1e6


def requests(folder: Path) -> None:
    """Print what reading ids takes, with partners and without."""
    keys = oracle.write(folder / "keys.json", oracle.answer())
    tokens = Uid2Tokens(keys, oracle.write(folder / "none.txt", ""), "uid2", Moment())
    token = oracle.token("v4")
    user = {"id": "reader-1", "buyeruid": "B" * 22}
    uid2 = {"source": "uidapi.com", "uids": [{"id": token, "atype": 3}]}
    bodies: dict[str, dict[str, object]] = {
        "without": {"user": user},
        "with": {"user": user | {"eids": [*EIDS, uid2]}},
    }
    decoded = {
        name: codec.decode(msgspec.json.encode({"id": "r", "imp": [{"id": "1"}], **fields})).request
        for name, fields in bodies.items()
    }
    listed = plain_sources(["partner-1.example", "partner-3.example"])
    opening = listed | {"uidapi.com": IdSource("uid2", tokens.read)}
    figures = {
        "no partners' ids": microseconds(lambda: identifiers(decoded["without"], opening)),
        "six sources, none listed": microseconds(lambda: identifiers(decoded["with"])),
        "six sources, two listed": microseconds(lambda: identifiers(decoded["with"], listed)),
        "and a token that is remembered": microseconds(lambda: identifiers(decoded["with"], opening)),
    }  # fmt: skip
    for name, value in figures.items():
        print(f"ids of a request, {name}: {value:.2f} us")
    keyset = read_keyset(keys, "uid2")
    for version in oracle.VERSIONS:
        opened_us = microseconds(partial(open_token, oracle.token(version), keyset), 2_000)
        print(f"opening a token of {version}: {opened_us:.1f} us")


def opt_outs(folder: Path) -> None:
    """Print what a million opt-outs take."""
    dice = Random(1)
    lines = [b64encode(dice.randbytes(32)).decode() for _ in range(OPT_OUTS)]
    path = oracle.write(folder / "many.txt", "\n".join(lines))
    began = time.process_time()
    found = read_opt_outs(path)
    took_s = time.process_time() - began
    oracle.write(path, "\n".join([*lines, oracle.EMAIL]))
    began = time.process_time()
    read_opt_outs(path, found)
    again_s = time.process_time() - began
    asked = microseconds(lambda: found.spare(lines[0]))
    size = found.ends.itemsize * len(found.ends) / 1e6
    print(
        f"{OPT_OUTS:,} opt-outs: {took_s:.1f} s to read, {again_s * 1e3:.0f} ms for one more, {size:.0f} MB, "
        f"{asked:.2f} us to ask"
    )


def customers(folder: Path) -> None:
    """Print how fast a list of customers is loaded."""
    rows = "\n".join(
        f"reader-{n}@shop.example,+49301{n:06},gold|camera,yes,2026-01-31" for n in range(CUSTOMERS)
    )
    path = folder / "list.csv"
    path.write_text(f"email,phone,segments,opt_in,opt_in_date\n{rows}\n")
    began = time.perf_counter()
    loader = CustomerFiles([path], lambda _: UNDECLARED, oracle.NOW_S)
    loader.people()
    read_s = time.perf_counter() - began
    store = Config(str(folder / "profiles")).build_writer()
    pseudonym = pseudonymiser(bytes(32))
    began = time.perf_counter()
    load_customers(loader, pseudonym, store, oracle.NOW_S // 86_400, lambda _: UNDECLARED)
    loaded_s = time.perf_counter() - began
    store.close()
    print(
        f"customers: {CUSTOMERS / read_s:,.0f} rows/s read, {CUSTOMERS / loaded_s:,.0f} a second loaded, "
        "opt-ins and links included"
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        requests(Path(name))
        opt_outs(Path(name))
        customers(Path(name))

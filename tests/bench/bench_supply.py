"""Print what judging supply paths costs: `python -m tests.bench.bench_supply [RECORDS]`."""

import json
import sys
import time
from collections.abc import Callable
from io import BytesIO
from itertools import cycle
from timeit import repeat

from adserver.domain.opportunity import Auction
from adserver.endpoints.supply_gate import SupplyGate
from adserver.openrtb.codec import decode
from adserver.openrtb.supply import asked
from adserver.supply.index import DIRECT, PRESENT, SALT_BYTES, Table, TableWriter
from adserver.supply.judge import PathJudge
from adserver.supply.rules import RULES, Policy

NODES = [
    {"asi": f"{name}.example", "sid": "1234", "hp": 1, "rid": "r"} for name in ("ssp", "exchange")
]
REQUEST = {
    "id": "1",
    "imp": [{"id": "1", "banner": {"w": 300, "h": 250}}],
    "site": {"domain": "pub1.example", "publisher": {"id": "1234"}},
    "source": {"ext": {"schain": {"ver": "1.0", "complete": 1, "nodes": NODES}}},
}


def nanoseconds(call: Callable[[], object], number: int = 2_000) -> float:
    """Return the best of many short rounds, nanoseconds a call: others use the machine, too."""
    return min(repeat(call, number=number, repeat=50)) / number * 1e9


def main(records: int) -> None:
    """Print the figures."""
    writer = TableWriter(bytes(SALT_BYTES))
    for number in range(records // 100):
        writer.say(PRESENT, "ads.txt", f"pub{number}.example")
        for account in range(99):
            writer.say(
                DIRECT, "account", "ads.txt", f"pub{number}.example", f"ssp{account}.example", "1"
            )
    for system in ("ssp", "exchange"):
        writer.say(PRESENT, "sellers.json", f"{system}.example")
        writer.say(PRESENT, "seller", f"{system}.example", "1234")
    file = BytesIO()
    writer.write(file, 0.0)
    content = file.getvalue()
    began = time.perf_counter()
    table = Table(content)
    opened = time.perf_counter() - began
    judge = PathJudge({"x": Policy(actions=dict.fromkeys(RULES, "report"))}, table)
    gate = SupplyGate(judge, ["x"]).looking()
    body = json.dumps(REQUEST).encode()
    request = decode(body).request
    auction = Auction("1", "x", (), inventory_type="site", publication="pub1.example")
    known = nanoseconds(lambda: gate.refusal(request, auction))
    question = asked(request, "x", "site", "pub1.example")
    names = cycle([f"pub{number}.example" for number in range(20_000)])
    new = nanoseconds(lambda: judge.judge(question._replace(publication=next(names))), 200)
    bare = json.dumps({name: value for name, value in REQUEST.items() if name != "source"}).encode()
    skipped = nanoseconds(lambda: decode(body)) - nanoseconds(lambda: decode(bare))
    print(
        f"table of {len(table):,} facts: {len(content) / len(table):.1f} bytes each, opened in {opened * 1e6:.0f} us"
    )
    print(
        f"a path that was judged before: {known / 1e3:.2f} us; one that was not: {new / 1e3:.1f} us"
    )
    print(f"a chain that nobody asks for: {skipped / 1e3:.2f} us to skip while decoding")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)

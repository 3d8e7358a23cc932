"""One person by all their ids, on a real server: matched, linked, a customer, behind a token; and never without leave."""

import time
from collections.abc import Callable
from pathlib import Path

from adapters.identity.hashing import sha256_of
from tests.endpoints.catalogs import one_banner
from tests.endpoints.client import EXCHANGE
from tests.endpoints.server import Server, wait
from tests.endpoints.wire import request
from tests.unit.adapters_identity import oracle

Make = Callable[..., Server]
USA = {"geo": {"country": "USA"}}
RULES = 'sources: [{segments: "crm-*", source: crm, basis: opt_in, uses: [select]}]\nminimum_people: 0\n'


def bids(server: Server, user: dict[str, object], **fields: object) -> bool:
    with server.client() as client:
        status = client.bid(request(user=user, device=USA, **fields)).status
    assert status in {200, 204}
    return status == 200


def load(server: Server, name: str, text: str, *command: str) -> None:
    (server.folder / name).write_text(text, encoding="utf-8")
    done = server.command(*command)
    assert done.returncode == 0, done.stderr


def test_a_matched_browser_is_known_by_the_exchanges_id_alone(make: Make) -> None:
    server = make(
        one_banner(targeting={"audience": "cyclist"}),
        workers=1,
        segments=[{"kind": "files", "paths": ["people.csv"]}],
        matching={
            "exchanges": [{"exchange": EXCHANGE, "sync_url": "https://sync.example/?u={id}"}]
        },
    ).start()
    with server.client() as client:
        met = client.call("GET", f"/m/{EXCHANGE}?gdpr=0")
        assert met.status == 302
        ours = met.headers["Location"].partition("u=")[2]
        cookie = str(met.headers["Set-Cookie"]).partition(";")[0]
        assert cookie == f"__Host-adserver={ours}"
        people = f"id_kind,id,segments\nbuyeruid,{ours},cyclist\n"
        load(server, "people.csv", people, "segments")
        wait(lambda: bids(server, {"id": "theirs", "buyeruid": ours}), 5.0)
        assert not bids(server, {"id": "theirs"})
        refused = client.call("GET", f"/m/{EXCHANGE}/theirs?gdpr=1", Cookie=cookie)
        assert (refused.status, refused.reason) == (200, "no_consent")
        assert "Max-Age=0" in str(refused.headers["Set-Cookie"])
        assert not bids(server, {"id": "theirs"})
        linked = client.call("GET", f"/m/{EXCHANGE}/theirs?gdpr=0", Cookie=cookie)
        assert (linked.status, linked.reason) == (200, "")
    assert bids(server, {"id": "theirs"})
    assert not bids(server, {"id": "somebody else"})
    assert server.total("adserver_matches_total", outcome="linked") == 1


def test_customers_links_and_tokens_lead_to_the_same_person(make: Make, tmp_path: Path) -> None:
    now_s = time.time()
    keys = [each | {"expires": int(now_s) + 86_400} for each in oracle.answer()["body"]["keys"]]
    oracle.write(tmp_path / "keys.json", oracle.answer(keys=keys))
    opt_outs = oracle.write(tmp_path / "out.txt", "")
    server = make(
        one_banner(targeting={"audience": "crm-gold"}),
        workers=1,
        privacy="privacy.yaml",
        identity={
            "sources": ["uidapi.com", "partner.example"],
            "uid2": {"keys": str(tmp_path / "keys.json"), "opt_outs": str(opt_outs)},
        },
    )
    (server.folder / "privacy.yaml").write_text(RULES)
    server.start()
    list_ = server.folder / "list.csv"
    load(
        server,
        "list.csv",
        "email,segments,opt_in,opt_in_date\nada@shop.example,crm-gold,yes,2026-01-31\nnoor@shop.example,crm-gold,,\n",
        "customers", "load", str(list_), "--source", "crm",
    )  # fmt: skip
    links = server.folder / "links.csv"
    rows = "".join(
        f"email,{sha256_of(f'{name}@shop.example')},{kind},{each}\n"
        for name, kind, each in (
            ("ada", "user", "ada-there"),
            ("ada", "uid2", oracle.EMAIL),
            ("ada", "eid:partner.example", "ada-partner"),
            ("noor", "user", "noor-there"),
        )
    )
    load(
        server, "links.csv", f"person_kind,person_id,id_kind,id\n{rows}", "identities", "link", str(links)
    )  # fmt: skip
    token = oracle.token("v4", generated_s=now_s - 60, expires_s=now_s + 3_600)

    def behind(source: str, sent: str, **more: object) -> bool:
        return bids(server, {"eids": [{"source": source, "uids": [{"id": sent}], **more}]})

    wait(lambda: bids(server, {"id": "ada-there"}), 5.0)
    assert behind("partner.example", "ada-partner", mm=3)
    assert not behind("partner.example", "ada-partner", mm=5), "inferred"
    assert not behind("stranger.example", "ada-partner")
    assert behind("uidapi.com", token)
    assert not behind("uidapi.com", token[:-4])
    assert not bids(server, {"id": "noor-there"}), "a customer without an opt-in"
    assert not bids(server, {"id": "ada-there"}, regs={"coppa": 1})
    assert not bids(server, {"id": "ada-there"}, regs={"ext": {"gpc": 1}})
    oracle.write(opt_outs, oracle.EMAIL)
    wait(lambda: not behind("uidapi.com", token), 5.0)
    assert bids(server, {"id": "ada-there"})

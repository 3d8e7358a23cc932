"""HTTP and JSON: what is sent by the book is answered, what is not is refused without falling over."""

import gzip
import json

from adserver.certification import samples
from adserver.certification.check import Check, judged
from adserver.certification.wire import Answer, Bidder

MALFORMED: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"{id: 1}",
    "half a request": b'{"id":"1","imp":[{"id":"1","banner":{"w":300',
    "a list": b"[]",
    "a number": b"1",
    "no id": b'{"imp":[{"id":"1","banner":{"w":300,"h":250}}]}',
    "no imp": b'{"id":"1"}',
    "an empty imp": b'{"id":"1","imp":[]}',
    "an imp without id": b'{"id":"1","imp":[{"banner":{"w":300,"h":250}}]}',
    "imp as text": b'{"id":"1","imp":"1"}',
    "bytes that are no UTF-8": b'{"id":"\xff\xfe","imp":[{"id":"1","banner":{}}]}',
    "a hundred thousand brackets": b"[" * 100_000,
}
IN_A_ROW = 20


async def _answers(bidder: Bidder) -> list[str]:
    request = samples.request(samples.banner())
    return judged(request, await bidder.ask(request))


async def _malformed(bidder: Bidder) -> list[str]:
    found = []
    for what, body in MALFORMED.items():
        answer = await bidder.post(body)
        if answer.trouble:
            found.append(f"{what}: no answer: {answer.trouble}")
        elif answer.bids:
            found.append(f"{what}: answered with a bid")
        elif answer.status not in {204, *range(400, 500)}:
            found.append(f"{what}: status {answer.status}; 400 is expected")
    return found


async def _other_methods(bidder: Bidder) -> list[str]:
    answer = await bidder.call(bidder.url)
    if answer.trouble or answer.status not in range(400, 500):
        return [f"GET is answered with {answer.status or answer.trouble}; a 4xx is expected"]
    return []


async def _tolerance(bidder: Bidder) -> list[str]:
    known = samples.request(samples.banner())
    strange = {
        "unknown fields": known | {"id": "t1", "future": {"a": [1, None]}, "ext": {"x": 1}},
        "unknown values of lists": known | {"id": "t2", "at": 97, "device": known["device"] | {"devicetype": 99}},
        "null for what is not there": known | {"id": "t3", "user": None, "bcat": None, "badv": None},
        "numbers for ids": known | {"id": 4, "imp": [samples.banner(id=1, tagid=12)]},
        "fractions for whole numbers": known | {"id": "t5", "tmax": 500.0},
    }  # fmt: skip
    found = []
    for what, request in strange.items():
        answer = await bidder.ask(request)
        if answer.trouble or answer.status not in {200, 204}:
            found.append(f"{what}: {answer.trouble or f'status {answer.status}'}")
        else:
            found += [f"{what}: {wrong}" for wrong in judged(request, answer)]
    return found


async def _packed(bidder: Bidder) -> list[str]:
    request = samples.request(samples.banner())
    plain = json.dumps(request | {"test": 1}).encode()
    sent = await bidder.post(gzip.compress(plain), {"Content-Encoding": "gzip"})
    found: list[str] = []
    if sent.trouble or sent.status not in {200, 204, 415}:  # 415: an honest answer, too
        found.append(f"a packed request: {sent.trouble or f'status {sent.status}'}")
    elif sent.status != 415:  # noqa: PLR2004 - HTTP's own number
        found += judged(request, sent)
    damaged = await bidder.post(gzip.compress(plain)[:-12], {"Content-Encoding": "gzip"})
    if damaged.trouble or damaged.bids or damaged.status >= 500:  # noqa: PLR2004 - HTTP's own number
        found.append(f"a damaged packed request: {damaged.trouble or f'status {damaged.status}'}")
    unasked = await bidder.ask(samples.request(samples.banner()))
    if "content-encoding" in unasked.headers:
        found.append("the answer is packed although Accept-Encoding does not ask for it")
    asked = await bidder.ask(samples.request(samples.banner()), {"Accept-Encoding": "gzip"})
    return found + ([f"packed answer: {asked.trouble}"] if asked.trouble else [])


async def _kept_alive(bidder: Bidder) -> list[str]:
    answers: list[Answer] = [
        await bidder.ask(samples.request(samples.banner())) for _ in range(IN_A_ROW)
    ]
    closed = sum(1 for each in answers if each.headers.get("connection", "").lower() == "close")
    return [f"{closed} of {IN_A_ROW} answers close the connection"] if closed else []


PROTOCOL = (
    Check("answers", "A valid request gets 200 with a valid response, or 204.", "OpenRTB 2.6, 2.1 to 2.4", _answers),
    Check("malformed", "What is no bid request gets 400, at once, and no bid.", "OpenRTB 2.6, 2.4", _malformed),
    Check("methods", "Bid requests are POST; anything else gets a 4xx.", "OpenRTB 2.6, 2.1", _other_methods),
    Check("tolerance", "Unknown fields, values and nulls do no harm.", "OpenRTB 2.6, 2.6", _tolerance),
    Check("gzip", "Packed requests are read or refused with 415; answers are packed only if that is asked for.", "OpenRTB 2.6, 2.3", _packed),
    Check("keep-alive", "The connection stays open.", "OpenRTB 2.6, 7.1", _kept_alive),
)  # fmt: skip

"""Each kind of space gets an advertisement that fits it, wherever it is."""

from collections.abc import Callable
from functools import partial

from adserver.certification import samples
from adserver.certification.check import Check, NotShownError, judged
from adserver.certification.wire import Bidder, Json

Context = Callable[..., Json]


async def _fits(context: Context, imps: tuple[Json, ...], what: str, bidder: Bidder) -> list[str]:
    request = context(*imps)
    answer = await bidder.ask(request)
    found = judged(request, answer)
    if not found and not answer.bids:
        raise NotShownError(f"no bid for {what}")
    return found


async def _several_kinds(bidder: Bidder) -> list[str]:
    imp = samples.banner() | {"video": samples.PLAYER, "native": samples.native()["native"]}
    request = samples.request(imp)
    answer = await bidder.ask(request)
    if not answer.bids:
        raise NotShownError("no bid for an imp of several kinds")
    unsaid = [bid for bid in answer.bids if "mtype" not in bid]
    return judged(request, answer) + (["mtype is missing: nobody knows which kind it is"] if unsaid else [])  # fmt: skip


async def _pod(bidder: Bidder) -> list[str]:
    request = samples.on_tv(samples.pod())
    answer = await bidder.ask(request)
    if not answer.bids:
        raise NotShownError("no bid for a pod")
    found = judged(request, answer)
    lasting = [bid["dur"] for bid in answer.bids if isinstance(bid.get("dur"), int)]
    if len(lasting) < len(answer.bids):
        found.append("dur is missing: nobody knows what fits into the break")
    if sum(lasting) > request["imp"][0]["video"]["poddur"]:
        found.append(f"bids of {sum(lasting)} s for a break of 90 s")
    if len(answer.bids) > request["imp"][0]["video"]["maxseq"]:
        found.append(f"{len(answer.bids)} bids, of which four are wanted")
    return found


async def _several_imps(bidder: Bidder) -> list[str]:
    request = samples.request(samples.banner(id="a"), samples.video(id="b"), samples.native(id="c"))
    answer = await bidder.ask(request)
    if not answer.bids:
        raise NotShownError("no bid for several imps")
    return judged(request, answer)


def _check(name: str, what: str, source: str, context: Context, *imps: Json) -> Check:
    return Check(name, f"What is bid for {what} fits it.", source, partial(_fits, context, imps, what))  # fmt: skip


MEDIA_TYPES = (
    _check("banner", "a banner on a site", "OpenRTB 2.6, 3.2.6", samples.request, samples.banner()),
    _check("banner-app", "a banner in an application", "OpenRTB 2.6, 3.2.14", samples.in_app, samples.banner()),
    _check("video", "a video on a site", "OpenRTB 2.6, 3.2.7; VAST", samples.request, samples.video()),
    _check("video-tv", "a video on a television set", "OpenRTB 2.6, 7.6", samples.on_tv, samples.video()),
    _check("audio", "a sound", "OpenRTB 2.6, 3.2.8", samples.in_app, samples.audio()),
    _check("native", "a native ad", "Native 1.2", samples.request, samples.native()),
    _check("out-of-home", "a screen in public", "OpenRTB 2.6, 7.9", samples.on_a_screen, samples.banner()),
    Check("several-kinds", "A bid for an imp of several kinds says which it is for.", "OpenRTB 2.6, 4.2.3 (mtype)", _several_kinds),
    Check("several-imps", "Each bid names its imp.", "OpenRTB 2.6, 4.2.3 (impid)", _several_imps),
    Check("pod", "Bids for a pod fit into it together.", "OpenRTB 2.6, 7.6", _pod),
)  # fmt: skip

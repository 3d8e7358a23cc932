"""What people see, in every state they can be in, and in both languages."""

import re
from itertools import pairwise

import msgspec
import pytest

from adserver.domain.choices import Choices
from adserver.domain.targeting import Dimension
from adserver.endpoints.rights.account import Account
from adserver.endpoints.rights.paper import ROWS
from adserver.endpoints.rights.routes import SHOWN
from adserver.endpoints.rights.words import LANGUAGES
from tests.unit.endpoints.desk import NOW_S, serving
from tests.unit.endpoints.rights.counter import (
    BROWSER,
    DOSSIER,
    FOR_ALL,
    PERSON,
    UNKNOWN,
    Counter,
    Visitor,
)  # fmt: skip

TEXTS = LANGUAGES["en"]
ALL = tuple(f"/r/{page}" for page in SHOWN)


def test_every_dimension_that_an_advertiser_may_choose_by_is_told_in_words() -> None:
    for texts in LANGUAGES.values():
        assert {f"parameter_{dimension}" for dimension in Dimension} <= texts.keys()


def test_both_languages_say_the_same_things_with_the_same_gaps() -> None:
    gaps = {
        language: {key: sorted(re.findall(r"{\w*}", text)) for key, text in texts.items()}
        for language, texts in LANGUAGES.items()
    }
    # English topics need no translation, and are their own key.
    gaps["de"] = {key: found for key, found in gaps["de"].items() if not key.startswith("topic_")}
    assert gaps["de"] == gaps["en"]
    assert all(texts[key].strip() for texts in LANGUAGES.values() for key in gaps["en"])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("cookie", ["", BROWSER, UNKNOWN])
async def test_every_page_is_whole_for_everybody(
    counter: Counter, language: str, cookie: str
) -> None:
    async with serving(counter.rights) as client:
        visitor = Visitor(client, cookie, Accept_Language=language)
        for path in (
            *ALL,
            f"/r/why/{counter.token()}",
            f"/r/why/{counter.token(FOR_ALL, person=b'')}",
        ):
            page = await visitor.open(path)
            assert page.reply.status == 200
            assert f'<html lang="{language}">' in page.html
            assert page.reply.headers["Content-Language"] == language
            assert len(re.findall("<h1>", page.html)) == 1
            levels = [int(level) for level in re.findall(r"<h(\d)", page.html)]
            assert all(after <= before + 1 for before, after in pairwise(levels))
            identifiers = re.findall(r' id="([^"]+)"', page.html)
            assert len(set(identifiers)) == len(identifiers)
            assert "http:" not in page.html
            assert "https:" not in page.html
            assert "<script" not in page.html


async def test_headers_let_nothing_foreign_in_and_nothing_of_ours_out(counter: Counter) -> None:
    async with serving(counter.rights) as client:
        page = await Visitor(client, BROWSER).open("/r/")
    headers = page.reply.headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "form-action 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Robots-Tag"] == "noindex, nofollow"
    assert "Set-Cookie" not in headers


@pytest.mark.parametrize(
    ("query", "accepted", "language"),
    [
        ("", "", "en"), ("", "de", "de"), ("", "de-AT,en;q=0.5", "de"), ("", "fr,de;q=0.2", "de"),
        ("", "de;q=0,en;q=0.1", "en"), ("", "fr", "en"), ("", "en,de", "en"), ("?lang=de", "en", "de"),
        ("?lang=xx", "de", "de"), ("", "de;q=junk", "en"), ("", "," * 5_000 + "de", "en"), ("?lang=%00", "", "en"),
    ],
)  # fmt: skip
async def test_the_language_is_the_chosen_one_else_the_browsers_else_english(
    counter: Counter, query: str, accepted: str, language: str
) -> None:
    async with serving(counter.rights) as client:
        page = await Visitor(client, Accept_Language=accepted).open(f"/r/{query}")
    assert f'<html lang="{language}">' in page.html


async def test_a_chosen_language_stays(counter: Counter) -> None:
    async with serving(counter.rights) as client:
        visitor = Visitor(client, BROWSER)
        page = await visitor.open("/r/?lang=de")
        assert 'href="/r/data?lang=de"' in page.html
        page = await visitor.press(page, LANGUAGES["de"]["opt_out"])
        assert LANGUAGES["de"]["said_opt_out"] in page.text


async def test_whom_we_do_not_recognise_is_told_so_and_what_works(counter: Counter) -> None:
    async with serving(counter.rights) as client:
        visitor = Visitor(client)
        page = await visitor.open("/r/")
        assert TEXTS["nobody_title"] in page.text
        assert TEXTS["opt_out"] not in page.text
        assert TEXTS["erase_nobody"] in (await visitor.open("/r/erase")).text
        assert TEXTS["nobody_id"] in (await visitor.open("/r/data")).text
    assert counter.people.asked == []


async def test_one_glance_counts_what_is_stored(counter: Counter) -> None:
    async with serving(counter.rights) as client:
        page = await Visitor(client, BROWSER).open("/r/")
        for said in ("3 groups", "2 ads that", "1 sign of an interest", "2 further ids"):
            assert said in page.text
        page = await Visitor(client, UNKNOWN).open("/r/")
        assert TEXTS["glance_nothing"] in page.text


async def test_all_that_is_stored_is_shown(counter: Counter) -> None:
    async with serving(counter.rights) as client:
        page = await Visitor(client, BROWSER).open("/r/data")
    for said in (
        "You looked at cameras lately", "dmp-acme", "your consent on a website or in an app",
        "choose ads, measure success", "from 18 September 2026 to 17 December 2026", "no longer used",
        "number 77", "Cameras <b>& More</b> seen 21 September 2026, 12:13 (UTC)", "a campaign that has ended clicked",
        "Technology clicked", "2 further ids that are yours.",
    ):  # fmt: skip
        assert said in page.text, said
    assert "Cameras &lt;b&gt;&amp; More&lt;/b&gt;" in page.html


async def test_long_tables_are_cut_and_the_file_is_whole(counter: Counter) -> None:
    many = DOSSIER.touches[:1] * (ROWS + 1)
    counter.people.dossiers[PERSON] = msgspec.structs.replace(DOSSIER, touches=many)
    async with serving(counter.rights) as client:
        visitor = Visitor(client, BROWSER)
        page = await visitor.open("/r/data")
        assert page.html.count(">seen<") == ROWS
        assert TEXTS["rest"].format(shown=ROWS, all=ROWS + 1) in page.text
        file = await visitor.press(page, TEXTS["take"])
    assert len(msgspec.json.decode(file.html)["contacts"]) == ROWS + 1


async def test_the_file_is_what_its_schema_says(counter: Counter) -> None:
    async with serving(counter.rights) as client:
        visitor = Visitor(client, BROWSER)
        pressed = await visitor.press(await visitor.open("/r/data"), TEXTS["take"])
        asked = await visitor.open("/r/data", Accept="application/json")
    assert "attachment" in pressed.reply.headers["Content-Disposition"]
    assert pressed.html == asked.html
    account = msgspec.json.decode(pressed.html, type=Account)
    assert account.made_at.timestamp() == NOW_S
    assert account.linked_ids == 2
    assert [each.name for each in account.interests] == ["Technology"]
    assert [(each.since.isoformat(), each.holds) for each in account.segments if each.name == "camera-owner"] == [
        ("2026-08-12", False)
    ]  # fmt: skip
    touch = account.contacts[0]
    assert (touch.kind, touch.bid, touch.measured, touch.trainable) == (
        "click",
        "63" * 16,
        False,
        False,
    )
    assert not account.segments[0].objected
    assert account.segments[0].until > account.segments[0].since


async def test_an_ads_link_says_why_and_shows_nothing_stored(counter: Counter) -> None:
    """Everybody who delivered the ad knows its link: the exchange, the website, and whoever they tell."""
    async with serving(counter.rights) as client:
        visitor = Visitor(client)
        page = await visitor.open(f"/r/why/{counter.token()}")
        for said in (
            "Advertised for Cameras <b>& More</b> Paid for by Cameras Group Sold through north",
            "You looked at cameras lately", "[en] camera-owner", "at most 5 times in 24 hours", "at most 20 times in 7 days",
            "one of: Germany, Austria", "one of: Technology; none of: Technology (IAB19-3)", "none of: bad.example",
            "one of: phone, tablet", "in 40 of the 168 hours",
        ):  # fmt: skip
            assert said in page.text, said
        page = await visitor.open(f"/r/data?ad={counter.token()}")
        assert TEXTS["data_hidden"] in page.text
        page = await visitor.open(f"/r/?ad={counter.token()}")
        assert TEXTS["glance_hidden"] in page.text
        refused = await visitor.open(f"/r/data?ad={counter.token()}", Accept="application/json")
        assert refused.reply.status == 403


async def test_an_ad_for_everybody_says_that_nothing_of_the_person_was_used(
    counter: Counter,
) -> None:
    async with serving(counter.rights) as client:
        page = await Visitor(client).open(f"/r/why/{counter.token(FOR_ALL, person=b'')}")
        assert TEXTS["why_groups_none"] in page.text
        assert TEXTS["why_no_person"] in page.text
        assert "at most" not in page.text  # nobody was counted
        assert TEXTS["why_opt_out"] not in page.text
        gone = await Visitor(client).open(f"/r/why/{counter.token('line-gone')}")
        assert TEXTS["why_gone"] in gone.text
        assert TEXTS["why_opt_out"] in gone.text


@pytest.mark.parametrize(
    "token", ["x", "A" * 80, "%3Cscript%3E", "A" * 5_000, "..", "%C3%A4", "%00"]
)
async def test_a_damaged_link_is_told_kindly(counter: Counter, token: str) -> None:
    async with serving(counter.rights) as client:
        for path in (f"/r/why/{token}", f"/r/?ad={token}"):
            page = await Visitor(client).open(path)
            assert page.reply.status == 400
            assert "link of this ad" in page.text
            assert page.reply.headers["X-Adserver-Reason"] in {"malformed", "forged", "unknown_key"}
            assert "<script" not in page.html
        assert (await Visitor(client).open("/r/why/")).reply.status == 400


async def test_states_are_told_apart(counter: Counter) -> None:
    async with serving(counter.rights) as client:
        visitor = Visitor(client, BROWSER)
        for choices, title in (
            (Choices(), "on_title"),
            (Choices(opted_out=True, at_s=NOW_S), "off_title"),
            (Choices(erased=True, at_s=NOW_S), "erased_title"),
            (Choices(opted_out=True, erased=True, at_s=NOW_S), "erased_title"),
        ):
            counter.people.choices[PERSON] = choices
            page = await visitor.open("/r/")
            assert TEXTS[title] in page.text
            assert (TEXTS["opt_out"] in page.text) is not choices.opted_out
            assert (TEXTS["opt_in"] in page.text) is (choices.opted_out or choices.erased)


async def test_a_store_that_is_out_is_told_and_nothing_is_changed(counter: Counter) -> None:
    async with serving(counter.rights) as client:
        visitor = Visitor(client, BROWSER)
        page = await visitor.open("/r/")
        counter.people.available = False
        for answer in (
            await visitor.press(page, TEXTS["opt_out"]),
            await visitor.open("/r/data"),
            await visitor.open(f"/r/why/{counter.token()}"),
        ):
            assert answer.reply.status == 503
            assert TEXTS["no_unavailable"] in answer.text
            assert "Retry-After" in answer.reply.headers
        assert (await visitor.open("/r/benefit")).reply.status == 200
    assert counter.people.choices == {}

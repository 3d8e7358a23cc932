"""One application, one id, whichever way its store's id was written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.campaigns.authoring.values import published
from adserver.domain.store_ids import MAX_LENGTH, app_id


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("com.foo.mygame", "com.foo.mygame"),
        (" Com.Foo.MyGame ", "com.foo.mygame"),
        ("46041", "46041"),  # Roku
        ("https://channelstore.roku.com/details/46041/sling-tv", "46041"),
        ("https://channelstore.roku.com/en-gb/details/46041", "46041"),
        ("B00ODC5N80", "b00odc5n80"),  # Amazon Fire TV
        ("https://www.amazon.co.uk/Sling/dp/B00ODC5N80?ref=x", "b00odc5n80"),
        ("id383457673", "383457673"),  # tvOS, iOS
        ("https://apps.apple.com/us/app/plex/id383457673?platform=appleTV", "383457673"),
        ("https://play.google.com/store/apps/details?hl=en&id=com.Sling", "com.sling"),
        ("https://www.microsoft.com/en-us/p/sling-tv/9WZDNCRDD5R5", "9wzdncrdd5r5"),
        ("https://us.lgappstv.com/main/tvapp/detail?appId=1002838", "1002838"),
        ("G15147002586", "g15147002586"),  # Samsung
        ("vizio.sling", "vizio.sling"),
        ("idle.game", "idle.game"),
        ("id12", "id12"),
        ("https://shop.example/app", "https://shop.example/app"),
        ("", ""),
    ],
)
def test_ids_of_stores_have_one_spelling(written: str, meant: str) -> None:
    assert app_id(written) == meant


@given(text=st.text(max_size=700))
def test_whatever_is_sent_becomes_a_short_id_that_stays_what_it_is(text: str) -> None:
    found = app_id(text)
    assert len(found) <= MAX_LENGTH
    assert app_id(found) == found or "/" in text or found.startswith("id")


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("https://www.Camera.example/a", "camera.example"),
        ("https://channelstore.roku.com/details/46041/sling-tv", "46041"),
        ("id383457673", "383457673"),
        ("com.foo.mygame", "com.foo.mygame"),
    ],
)
def test_what_people_write_in_lists_becomes_what_requests_say(word: str, name: str) -> None:
    assert published(word) == name

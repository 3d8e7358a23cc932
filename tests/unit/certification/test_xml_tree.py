"""Strangers' XML: a tree, or what is wrong with it; never what it asks the reader to do."""

import pytest

from adserver.certification.judge import problems
from adserver.certification.xml_tree import MAX_DEPTH, MAX_ELEMENTS, read

LAUGHS = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
HOSTILE = {
    "laughs": f'<!DOCTYPE VAST [<!ENTITY l0 "ha">{LAUGHS}]><VAST>&l9;</VAST>',
    "file": '<!DOCTYPE VAST [<!ENTITY f SYSTEM "file:///etc/hostname">]><VAST>&f;</VAST>',
    "type": '<!DOCTYPE VAST SYSTEM "https://elsewhere.example/vast.dtd"><VAST/>',
    "deep": "<VAST>" * (MAX_DEPTH + 1) + "</VAST>" * (MAX_DEPTH + 1),
    "wide": "<VAST>" + "<Ad/>" * MAX_ELEMENTS + "</VAST>",
    "entity": "<VAST>&f;</VAST>",
    "cut off": "<VAST><Ad>",
    "two": "<VAST/><VAST/>",
    "empty": "",
    "lone surrogate": "<VAST>\ud800</VAST>",
    "zero": "<VAST>\0</VAST>",
}


@pytest.mark.parametrize("adm", HOSTILE.values(), ids=HOSTILE)
def test_what_is_more_than_markup_is_not_read(adm: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read(adm)


def test_markup_is_read_with_its_name_spaces_as_names() -> None:
    root = read(
        '<?xml version="1.0" encoding="UTF-8"?><VAST version="4.3" xmlns="http://www.iab.com/VAST" '
        'xmlns:xs="http://www.w3.org/2001/XMLSchema"><Ad><xs:b/><InLine><![CDATA[<a>&b;]]></InLine></Ad></VAST>'
    )
    assert (root.tag, root.get("version"), root.findtext("./Ad/InLine")) == (
        "VAST",
        "4.3",
        "<a>&b;",
    )


def test_the_judge_says_what_a_stranger_s_markup_is() -> None:
    """Whatever the markup asks for, the judge goes on to the end."""
    request = {"id": "r", "imp": [{"id": "1", "video": {"mimes": ["video/mp4"]}}], "cur": ["USD"]}
    for adm in (HOSTILE["laughs"], HOSTILE["deep"], HOSTILE["lone surrogate"]):
        bid = {"id": "b", "impid": "1", "price": 1.0, "crid": "c", "adm": adm}
        found = problems(request, {"id": "r", "cur": "USD", "seatbid": [{"bid": [bid]}]})
        assert any("no well-formed and plain XML" in each for each in found), found

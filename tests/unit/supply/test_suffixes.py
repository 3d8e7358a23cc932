"""Root domains: where a publisher's file has its place."""

import pytest

from adserver.supply.suffixes import Suffixes

LIST = """// comment
com
uk
co.uk
*.ck
!www.ck
github.io
xn--p1ai
рф
"""


@pytest.mark.parametrize(
    ("name", "root"),
    [
        ("pub.com", "pub.com"),
        ("a.b.pub.com", "pub.com"),
        ("news.pub.co.uk", "pub.co.uk"),
        ("pub.uk", "pub.uk"),
        ("co.uk", ""),
        ("com", ""),
        ("a.b.foo.ck", "b.foo.ck"),
        ("foo.ck", ""),
        ("www.ck", "www.ck"),
        ("a.www.ck", "www.ck"),
        ("me.github.io", "me.github.io"),
        ("pub.unlisted", "pub.unlisted"),
        ("127.0.0.1", ""),
        ("", ""),
    ],
)
def test_the_longest_rule_of_the_list_counts(name: str, root: str) -> None:
    assert Suffixes(LIST.splitlines()).root(name) == root


@pytest.mark.parametrize(
    ("name", "root"),
    [
        ("a.pub.com", "pub.com"),
        ("a.pub.co.uk", "pub.co.uk"),
        ("a.pub.com.br", "pub.com.br"),
        ("co.uk", ""),
        ("pub.de", "pub.de"),
        ("com.de.example", "de.example"),
    ],
)
def test_without_a_list_the_habits_of_most_countries_count(name: str, root: str) -> None:
    assert Suffixes().root(name) == root

"""User agents by ua-parser, held against its own project's cases and against junk."""

import os
from pathlib import Path

import pytest
import yaml

from adapters.context.user_agents import UserAgents
from adserver.domain.agent import UNKNOWN, Agent

AGENTS = UserAgents()


def test_an_ordinary_phone_is_known() -> None:
    text = (
        "Mozilla/5.0 (Linux; Android 13; SM-G991B) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/112.0.0.0 Mobile Safari/537.36"
    )
    assert AGENTS.agent(text) == Agent("Chrome Mobile", "Android", "13", "Samsung", "SM-G991B")


@pytest.mark.parametrize("text", ["", "x", "\ud800", "\0", "(" * 10_000, "Mozilla/5.0 " * 2_000])
def test_junk_says_nothing(text: str) -> None:
    assert AGENTS.agent(text) == UNKNOWN


@pytest.mark.skipif(
    not os.environ.get("ADSERVER_CORPUS") and os.environ.get("CI") != "true",
    reason="ADSERVER_CORPUS is not set",
)
def test_it_finds_what_the_patterns_own_cases_say() -> None:
    folder = Path(os.environ["ADSERVER_CORPUS"], "device", "uap-core")
    cases = yaml.load((folder / "test_os.yaml").read_text("utf-8"), yaml.CSafeLoader)["test_cases"]
    short = [case for case in cases if len(case["user_agent_string"]) <= 512]
    wrong = [
        case["user_agent_string"]
        for case in short
        if case["family"] not in {"Other", AGENTS.agent(case["user_agent_string"]).system}
    ]
    assert len(short) > 400
    assert len(wrong) < len(short) / 100, wrong[:3]  # the cases are newer or older than the package

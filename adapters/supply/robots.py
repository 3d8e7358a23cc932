"""What hosts ask of programs in robots.txt (RFC 9309); asked once a run."""

from urllib.robotparser import RobotFileParser

from adapters.supply.addresses import Refused
from adapters.supply.fetching import Answer, Failed, Fetcher
from adapters.supply.manners import LONGEST_S, Manners

MAX_BYTES = 500_000
_OK, _NOT_THERE = 200, range(400, 500)


class Robots:
    """Remembers what each host allows."""

    def __init__(self, fetcher: Fetcher, manners: Manners, agent: str) -> None:
        """`agent` is the name by which rules are found."""
        self._fetcher = fetcher
        self._manners = manners
        self._agent = agent
        self._known: dict[str, RobotFileParser | None] = {}

    async def allows(self, scheme: str, host: str, root: str, path: str) -> bool:
        """Tell whether a path may be fetched. Raises `Failed` if nobody can say: then it may not, for now."""
        origin = f"{scheme}://{host}"
        if origin not in self._known:
            self._known[origin] = await self._ask(origin, host, root)
        rules = self._known[origin]
        return rules is None or rules.can_fetch(self._agent, f"{origin}{path}")

    async def _ask(self, origin: str, host: str, root: str) -> RobotFileParser | None:
        """Return the host's rules; nothing if it has none."""
        try:
            answer = await self._fetcher.fetch(f"{origin}/robots.txt", root, most=MAX_BYTES)
        except Refused:
            answer = Answer(404)  # rules that lead astray are none
        if answer.status in _NOT_THERE:
            return None
        if answer.status != _OK:
            raise Failed(f"robots.txt: status {answer.status}")
        rules = RobotFileParser()
        try:
            rules.parse(answer.content.decode("utf-8", "replace").splitlines())
        except ValueError:  # the parser stumbles over numbers and addresses that are none
            raise Failed("robots.txt: cannot be read") from None
        pause = rules.crawl_delay(self._agent)
        if pause is not None:
            self._manners.slower(host, float(min(int(pause), LONGEST_S)))
        return rules

"""Whatever a worker does in whatever order: each nano is free, held, due to go back, or gone, and it knows which."""

from collections import Counter
from random import Random

from adserver.background.purse import LeasedPurse
from adserver.background.spending import RELEASE_AFTER_S
from adserver.domain.bits import Run
from tests.unit.background.paper_purse import CEILINGS, ITEMS, Paper

EXCHANGES = ("north", "south")
RUNS = (Run(0, 2), Run(2, 3))
BITS = (0b11, 0b11100)


class Story:
    """A purse and its paper, told the same; each step compares what both answer."""

    def __init__(self, dice: Random) -> None:
        self.dice = dice
        self.made = LeasedPurse(RUNS, ITEMS[:2], CEILINGS)
        self.paper = Paper()
        self.now_s = 1_000
        self.turn = 0

    def step(self) -> None:
        """Do one thing, and compare."""
        self.turn += 1
        steps = (self.grant, self.bid, self.take_back, self.bill, self.wait, self.recall, self.give, self.switch, self.pause)  # fmt: skip
        self.dice.choices(steps, (4, 5, 2, 3, 2, 1, 1, 1, 1))[0]()
        self.compare()

    def grant(self) -> None:
        """For any key, known or not, of this pot or the next."""
        dice = self.dice
        key = dice.choice((*ITEMS, *CEILINGS.values()))
        pot = key % 1_000 * 10 + dice.choice((1, 1, 2))
        until_s, amount = self.now_s + dice.choice((5, 500)), dice.choice((0, 1, 60, 300))
        self.made.granted(key, pot, amount, until_s, self.now_s)
        self.paper.grant(key, pot, amount, until_s, self.now_s)

    def _claim(self) -> tuple[int, str, int] | None:
        index, exchange, amount = self.dice.randrange(2), self.dice.choice(EXCHANGES), self.dice.randint(1, 60)  # fmt: skip
        could = self.paper.claim(self.paper.items[index], exchange, amount)
        assert self.made.claim(index, exchange, amount) == could
        return (index, exchange, amount) if could else None

    def bid(self) -> None:
        """Claim, and hold if that went well."""
        claimed = self._claim()
        if claimed is not None:
            index, exchange, amount = claimed
            until_s, held_s = self.now_s + 60, self.dice.choice((0, self.now_s + 10))
            bid = self.turn.to_bytes(2)
            self.made.hold(bid, index, exchange, amount, until_s, held_s)
            keys = (self.paper.items[index], *self.paper.above(exchange))
            places = [(key, self.paper.pot[key]) for key in keys]
            self.paper.holds[bid] = ((held_s or until_s) + RELEASE_AFTER_S, amount, places)

    def take_back(self) -> None:
        """Claim for a bid that is not sent."""
        claimed = self._claim()
        if claimed is not None:
            index, exchange, amount = claimed
            self.made.put_back(index, exchange, amount)
            for key in (self.paper.items[index], *self.paper.above(exchange)):
                self.paper.credit(key, self.paper.pot[key], amount)

    def bill(self) -> None:
        """Resolve a bid, and one that nobody knows."""
        self.made.resolved(b"a stranger's", 5)
        if self.paper.holds:
            bid = self.dice.choice(list(self.paper.holds))
            charged = self.dice.randint(0, self.paper.holds[bid][1])
            self.made.resolved(bid, charged)
            self.paper.end(bid, charged)

    def wait(self) -> None:
        """Let a few seconds go by; the owner lets us let go of what is over."""
        self.now_s += self.dice.randint(0, 12)
        release = self.made.releases(self.now_s)
        if release is not None and release.until_s:
            self.made.released(release.until_s)
        self.made.leave(self.now_s)
        self.paper.expire(self.now_s)

    def recall(self) -> None:
        """Somebody else needs a pot."""
        pots = {self.dice.choice(sorted({77, *self.paper.pot.values()}))}
        self.made.recall(pots, self.now_s)
        self.paper.recall(pots, self.now_s)

    def give(self) -> None:
        """Say to the owner what is due."""
        ask, back = self.made.dues(self.now_s)
        self.paper.ask_again(self.now_s)
        for key, least in ask.least.items() if ask else ():
            self.paper.starve(key, least)
        assert +Counter(dict(back.amounts if back else ())) == +self.paper.back
        self.paper.back.clear()

    def switch(self) -> None:
        """Another snapshot."""
        items = tuple(self.dice.sample(ITEMS, 2))
        self.made.switch(RUNS, items, CEILINGS)
        self.paper.switch(items)

    def pause(self) -> None:
        """Hear nothing of the owner for too long, or hear of it again."""
        self.paper.suspended = not self.paper.suspended
        if self.paper.suspended:
            self.made.suspend()
        else:
            self.made.renew(self.now_s + 30.0)
        self.paper.refund()

    def compare(self) -> None:
        """Ask both for all that they know."""
        made, paper = self.made, self.paper
        hello = made.hello(0, 0, 0)
        assert +Counter(dict(hello.believed)) == paper.believed()
        assert set(hello.holds) == paper.holds.keys()
        assert [made.left(index) for index in range(2)] == [paper.free[key] for key in paper.items]
        funded = [key in paper.funded for key in paper.items]
        assert made.funded == sum(bits for bits, has in zip(BITS, funded, strict=True) if has)
        for exchange in EXCHANGES:
            least = min(paper.free[key] for key in paper.above(exchange))
            assert made.covers(exchange, least)
            assert not made.covers(exchange, least + 1)


def test_any_story_leaves_the_same_as_on_paper() -> None:
    for seed in range(60):
        story = Story(Random(seed))
        for _ in range(80):
            story.step()

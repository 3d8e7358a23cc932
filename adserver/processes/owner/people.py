"""What the owner does for people: their decisions, their dossier, their erasure, their further ids."""

import asyncio

from adserver.background.people_messages import (
    Answer,
    Choose,
    Chosen,
    Erase,
    Erased,
    Link,
    Linked,
    Question,
    See,
    Shown,
)
from adserver.domain.person import PersonKey
from adserver.domain.topics import NAMES
from adserver.ports import Clock
from adserver.ports.people import Audiences, People


class PeopleKeeper:
    """Carries out one question after the other, beside the loop: each waits for the disk."""

    def __init__(self, people: People, audiences: Audiences, clock: Clock) -> None:
        self._people = people
        self._audiences = audiences
        self._clock = clock

    async def carry_out(self, question: Question) -> Answer:
        """Return the answer once it is durable. Raises `Unavailable`."""
        return await asyncio.get_running_loop().run_in_executor(None, self._carry_out, question)

    def _carry_out(self, question: Question) -> Answer:
        now_s = int(self._clock.now())
        match question:
            case Choose(request, ids, change):
                return Chosen(request, self._people.choose(ids, change, now_s))
            case Erase(request, ids):
                return Erased(request, self._people.erase(ids, now_s))
            case Link(request, pairs):
                return Linked(request, self._audiences.link(pairs))
            case See(request, ids):
                dossier = self._people.dossier(ids)
                segments = {each.segment for each in dossier.memberships}
                segments.update(dossier.choices.objections)  # of groups they have left, too
                topics = {each.topic: NAMES[each.topic] for each in dossier.interests}
                return Shown(request, dossier, topics | self._people.names(segments))


def to_forget(question: Question) -> tuple[PersonKey, ...]:
    """Return whom the workers must let go of once it is carried out."""
    match question:
        case Erase(_, ids):
            return ids
        case Choose(_, ids, change) if change.kind == "opt_out":
            return ids
    return ()

"""Who asks: by the ad's token, by our cookie, by an advertising id that was typed; never by more than that."""

import re
from collections.abc import Callable

from adserver.domain.person import PersonKey
from adserver.domain.ticket import Ticket
from adserver.endpoints.messages import Request
from adserver.endpoints.rights.refusals import No, Refused
from adserver.endpoints.rights.sealing import Sealer, Who
from adserver.endpoints.tokens import TokenVault
from adserver.errors import InvalidToken

SESSION = "adserver_rights"
"""The cookie of somebody who typed an id: necessary for what they asked for, and gone after half an hour."""
_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)


class Doorkeeper:
    """Turns what somebody brings into keys; the ids themselves go no further."""

    def __init__(
        self,
        *,
        vault: TokenVault,
        pseudonym: Callable[[str, str], PersonKey],
        our_id: Callable[[str], str | None],
        sealer: Sealer,
    ) -> None:
        """`our_id` finds our id of a browser, a `buyeruid`, in a `Cookie` header: `IdCookie.read`."""
        self._vault = vault
        self._pseudonym = pseudonym
        self._our_id = our_id
        self._sealer = sealer

    def ticket(self, token: str) -> Ticket:
        """Return what an ad's token carries. Raises `Refused`."""
        try:
            return self._vault.open(token)
        except InvalidToken as refusal:
            raise Refused(No(refusal.reason)) from None

    def who(
        self, request: Request, ticket: Ticket | None = None, typed: tuple[PersonKey, ...] = ()
    ) -> Who:
        """Return the keys of all that is brought. A session that is over or damaged counts as none."""
        proven = dict.fromkeys(typed + self.remembered(request))
        ours = self._our_id(request.header(b"cookie"))
        if ours is not None:
            proven[self._pseudonym("buyeruid", ours)] = None
        keys = dict(proven)
        if ticket is not None and ticket.person:
            keys[ticket.person] = None
        if ticket is not None and ticket.household:
            keys[ticket.household] = None
        return Who(tuple(keys), tuple(proven))

    def remembered(self, request: Request) -> tuple[PersonKey, ...]:
        """Return the keys of an id that was typed within the last half hour."""
        try:
            return self._sealer.open(_session(request), "session").proven
        except Refused:
            return ()

    def typed(self, text: str) -> tuple[PersonKey, ...]:
        """Return the keys of an advertising id as a person writes it. Raises `Refused`.

        In upper or lower case, with hyphens or without: who sent it to us may have written it in either way, so
        both are looked for. Devices give ids of this one form; to take any other would hide slips of the finger,
        and somebody would believe that they had said no.
        """
        plain = "".join(text.split()).replace("-", "").lower()
        if not _ID.fullmatch(plain) or not plain.strip("0"):
            raise Refused(No.NOT_AN_ID, "ifa")
        parts = (plain[:8], plain[8:12], plain[12:16], plain[16:20], plain[20:])
        return tuple(self._pseudonym("ifa", each) for each in ("-".join(parts), plain))


def _session(request: Request) -> str:
    for part in request.header(b"cookie").split(";"):
        name, _, value = part.strip().partition("=")
        if name == SESSION:
            return value
    return ""

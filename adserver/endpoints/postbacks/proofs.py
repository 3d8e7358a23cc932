"""How a partner proves who it is: a secret in the path, or a signature over what it says."""

import re
from collections.abc import Sequence
from hashlib import sha256
from hmac import HMAC, compare_digest

from adserver.endpoints.messages import Request

SECRET = re.compile(r"[A-Za-z0-9_-]{22,200}", re.ASCII)
"""Letters that a path may carry; 22 of them hold 128 bits."""
_WITHOUT_SECRET, _WITH_SECRET = 2, 3
"""Parts of the path: `p`, the name, the secret."""


class SecretPath:
    """The secret is the last part of the path. Proxies may log paths: sign where the partner can."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def holds(self, request: Request, parts: Sequence[str]) -> bool:
        """Tell in constant time whether the secret is there."""
        del request
        if len(parts) != _WITH_SECRET:
            return False
        return compare_digest(parts[2].encode("latin-1", "replace"), self._secret)


class SignedQuery:
    """The last parameter of the query is the HMAC-SHA256, in hexadecimal, of all that stands before it.

    That is the query as it is sent, without the `&`; with a POST also a line feed and the body, so that nothing can be
    moved from one to the other.
    """

    def __init__(self, secret: bytes, parameter: str) -> None:
        self._key = HMAC(secret, digestmod=sha256)
        self._parameter = parameter

    def holds(self, request: Request, parts: Sequence[str]) -> bool:
        """Tell in constant time whether the signature is right."""
        query = request.target.partition("?")[2]
        said, _, signature = f"&{query}".rpartition(f"&{self._parameter}=")
        message = said[1:].encode("latin-1", "replace")
        if request.method != "GET":
            message += b"\n" + request.body
        expected = self._key.copy()
        expected.update(message)
        right = compare_digest(
            expected.hexdigest().encode(), signature.lower().encode("latin-1", "replace")
        )
        return right and len(parts) == _WITHOUT_SECRET


Proof = SecretPath | SignedQuery

"""Which addresses may stand in markup and in redirects."""

from urllib.parse import urlsplit


def web_address(address: str, *, secure: bool) -> str:
    """Return the address if it is whole, printable ASCII, and http or https; only https if `secure`.

    Raises `ValueError` with what is wrong. Neither scripts (`javascript:`), nor addresses relative to the
    publisher's page, nor anything that could end a header line gets through.
    """
    shown = repr(address[:80])
    if not (address.isascii() and address.isprintable()) or " " in address:
        raise ValueError(
            f"{shown}: spaces, control and non-ASCII characters must be percent-encoded"
        )
    parts = urlsplit(address)  # raises ValueError itself for a broken host
    if parts.scheme not in {"http", "https"}:
        raise ValueError(f"{shown}: not http or https")
    if not parts.hostname:
        raise ValueError(f"{shown}: no host")
    if secure and parts.scheme != "https":
        raise ValueError(f"{shown}: the creative is declared secure, so this must be https")
    return address

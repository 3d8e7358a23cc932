"""An invoice as a page to print; every text is escaped where it is put in."""

from importlib.resources import files

import jinja2

from adserver.commands.ledger.invoice import Invoice
from adserver.commands.ledger.sums import exact, rounded, whole


def page(invoice: Invoice, currency: str) -> str:
    """Return the page: complete in itself, with nothing to fetch and nothing to run."""
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    source = (files("adserver.commands.ledger") / "invoice.html").read_text("utf-8")
    due = rounded(invoice.total, currency)
    return environment.from_string(source).render(
        invoice=invoice, currency=currency, due=due, exact=exact, whole=whole
    )

"""The published VAST schemas, by version."""

from functools import cache

import msgspec
from lxml import etree

from adserver.domain.vast import VAST_VERSIONS
from tests.corpus.corpus import corpus

FILES = {
    "2.0": "vast_2.0.1.xsd",
    "3.0": "vast3_draft.xsd",
    "4.0": "vast4.xsd",
    "4.1": "vast_4.1.xsd",
    "4.2": "vast_4.2.xsd",
    "4.3": "vast_4.2.xsd",
}
"""4.3 has the structure of 4.2; its own schema was published empty."""
assert set(FILES) == set(VAST_VERSIONS.values())


class Answer(msgspec.Struct, frozen=True):
    """A document of ours, and which version it was to be."""

    version: str
    document: str


def faults(answer: Answer) -> list[str]:
    """Return what is wrong with a document by its version's schema; skips without a corpus."""
    schema = _schema(FILES[answer.version])
    schema.validate(etree.fromstring(answer.document))
    return [str(error.message) for error in schema.error_log]


@cache
def _schema(name: str) -> "etree.XMLSchema":
    return etree.XMLSchema(etree.parse(str(corpus("vast", "xsd", name))))

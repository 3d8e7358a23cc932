"""All vectors."""

from tests.smuggling.chunks import CHUNKS
from tests.smuggling.framing import CODINGS, LENGTHS
from tests.smuggling.heads import EARLY, HOSTS, LINES, TARGETS, VERSIONS

VECTORS = (*CODINGS, *LENGTHS, *CHUNKS, *LINES, *VERSIONS, *TARGETS, *HOSTS, *EARLY)

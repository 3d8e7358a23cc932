"""What things are called in Redis: all of one person lies in one slot of a cluster, next to a mark that shows losses.

People are parted into 4,096 buckets by the first 12 bits of their key. The bucket is the hash tag, so a person's
keys and the bucket's mark share a slot, and one command reads them all.
"""

from binascii import crc_hqx

from adserver.domain.person import PersonKey

BUCKETS = 4_096
SLOTS = 16_384
_TAGS = tuple(b"{%03x}" % bucket for bucket in range(BUCKETS))
SLOT_OF = tuple(crc_hqx(tag[1:-1], 0) % SLOTS for tag in _TAGS)
"""The slot of each bucket, as the Redis Cluster specification says: CRC16 (XMODEM) of what stands in braces."""
_RECORDS, _CHOICES, _SECRETS, MARKS = (
    tuple(letter + tag for tag in _TAGS) for letter in (b"p:", b"c:", b"k:", b"m:")
)
RECORDS = b"p:{*"
"""A pattern: the keys of everybody's records, which end in the person's."""
NAMES = b"names" + _TAGS[0]
"""A hash: what segments and topics are called."""
GRANTS = b"grants" + _TAGS[0]
"""The table of grants, as `GrantTable` writes it."""

HOSTS = b"hosts" + _TAGS[0]
"""A hash: the hosts whose diaries are in this Redis whole, and since when each has written down all contacts."""
COUNTED = b"counted" + _TAGS[0]
"""Since when contacts are known: before, some that nobody wrote down were lost. Missing if none ever were."""
WRITTEN_DOWN = b"diary" + _TAGS[0]
"""There if somebody wrote down whatever was done since this Redis was new."""
KEYS_MARK = b"mark" + _TAGS[0]
"""In the Redis of people's secrets: if it is missing, they were lost."""
SECRETS = b"k:{*"
"""A pattern: the keys of everybody's secrets, which end in the person's."""
CHOICES = b"c:{*"
"""The same of what people decided."""


def bucket(person: PersonKey) -> int:
    """Return the bucket of a person."""
    return person[0] << 4 | person[1] >> 4


def mark(person: PersonKey) -> bytes:
    """Return the key of the mark of a person's bucket: if it is missing, the bucket was lost, choices and all."""
    return MARKS[person[0] << 4 | person[1] >> 4]


def secret(person: PersonKey) -> bytes:
    """Return the key of what a person's record is encrypted with."""
    return _SECRETS[person[0] << 4 | person[1] >> 4] + person


def state(person: PersonKey) -> tuple[bytes, bytes]:
    """Return the keys of a person's record and choices."""
    at = person[0] << 4 | person[1] >> 4
    return _RECORDS[at] + person, _CHOICES[at] + person

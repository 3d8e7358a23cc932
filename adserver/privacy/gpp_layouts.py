"""Where the fields of the US sections of GPP lie: one line of the table for each section and version.

From the specification (InteractiveAdvertisingBureau/Global-Privacy-Platform, Sections/US-*). Fields follow one
another from the first bit, two bits each; `:6` is another width, `*8` a list of so many values of two bits.
What stands behind a bar is a subsection of its own, behind a dot in the string.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

import msgspec

_MSPA = "MspaCoveredTransaction MspaOptOutOptionMode MspaServiceProviderMode"
_MORE = f"AdditionalDataProcessingConsent {_MSPA}"
_GPC = "GpcSegmentType Gpc:1"
_HEAD = "Version:6 {notice} SaleOptOutNotice TargetedAdvertisingOptOutNotice"
_SHARING, _PROCESSING = (
    _HEAD.format(notice="SharingNotice"),
    _HEAD.format(notice="ProcessingNotice"),
)
_CHOICES = "SaleOptOut TargetedAdvertisingOptOut"
_SENSITIVE, _CHILD = "SensitiveDataProcessing", "KnownChildSensitiveDataConsents"
_NATIONAL = (
    "Version:6 SharingNotice SaleOptOutNotice SharingOptOutNotice TargetedAdvertisingOptOutNotice"
    " SensitiveDataProcessingOptOutNotice SensitiveDataLimitUseNotice SaleOptOut SharingOptOut"
    " TargetedAdvertisingOptOut"
)
_NEWER = (
    "MspaVersion:6 MspaCoveredTransaction MspaMode ProcessingNotice SaleOptOutNotice"
    f" TargetedAdvertisingOptOutNotice {_CHOICES}"
)
_NEWER_WITH_CHILD = f"{_NEWER} {_CHILD} AdditionalDataProcessingConsent | {_SENSITIVE}*8"

_TABLE = f"""
7 usnat 1 {_NATIONAL} {_SENSITIVE}*12 {_CHILD}*2 PersonalDataConsents {_MSPA} | {_GPC}
7 usnat 2 {_NATIONAL} {_SENSITIVE}*16 {_CHILD}*3 PersonalDataConsents {_MSPA} | {_GPC}
8 usca 1 Version:6 SaleOptOutNotice SharingOptOutNotice SensitiveDataLimitUseNotice SaleOptOut SharingOptOut {_SENSITIVE}*9 {_CHILD}*2 PersonalDataConsents {_MSPA} | {_GPC}
9 usva 1 {_SHARING} {_CHOICES} {_SENSITIVE}*8 {_CHILD} {_MSPA}
10 usco 1 {_SHARING} {_CHOICES} {_SENSITIVE}*7 {_CHILD} {_MSPA} | {_GPC}
11 usut 1 {_SHARING} SensitiveDataProcessingOptOutNotice {_CHOICES} {_SENSITIVE}*8 {_CHILD} {_MSPA}
12 usct 1 {_SHARING} {_CHOICES} {_SENSITIVE}*8 {_CHILD}*3 {_MSPA} | {_GPC}
13 usfl 1 {_PROCESSING} {_CHOICES} {_SENSITIVE}*8 {_CHILD}*3 {_MORE}
14 usmt 1 {_SHARING} {_CHOICES} {_SENSITIVE}*8 {_CHILD}*3 {_MORE} | {_GPC}
15 usor 1 {_PROCESSING} {_CHOICES} {_SENSITIVE}*11 {_CHILD}*3 {_MORE} | {_GPC}
16 ustx 1 {_PROCESSING} {_CHOICES} {_SENSITIVE}*8 {_CHILD} {_MORE} | {_GPC}
17 usde 1 {_PROCESSING} {_CHOICES} {_SENSITIVE}*9 {_CHILD}*5 {_MORE} | {_GPC}
18 usia 1 {_PROCESSING} SensitiveDataOptOutNotice {_CHOICES} {_SENSITIVE}*8 {_CHILD} {_MSPA} | {_GPC}
19 usne 1 {_PROCESSING} {_CHOICES} {_SENSITIVE}*8 {_CHILD} {_MORE} | {_GPC}
20 usnh 1 {_PROCESSING} {_CHOICES} {_SENSITIVE}*8 {_CHILD}*3 {_MORE} | {_GPC}
21 usnj 1 {_PROCESSING} {_CHOICES} {_SENSITIVE}*10 {_CHILD}*5 {_MORE} | {_GPC}
22 ustn 1 {_PROCESSING} {_CHOICES} {_SENSITIVE}*8 {_CHILD} {_MORE} | {_GPC}
23 usmn 1 {_PROCESSING} {_CHOICES} {_SENSITIVE}*8 {_CHILD} {_MORE} | {_GPC}
24 usmd 1 {_NEWER} AdditionalDataProcessingConsent | {_GPC}
25 usin 1 {_NEWER_WITH_CHILD}
26 usky 1 {_NEWER_WITH_CHILD}
27 usri 1 {_NEWER_WITH_CHILD}
"""

NEWER = range(24, 28)
"""Sections whose version stands in a header of their own, not in front of the core."""


class Field(msgspec.Struct, frozen=True):
    """A field; its place counts from the first bit of its subsection."""

    name: str
    start: int
    width: int
    """Of one value, in bits."""
    values: int
    """How many, if it is a list; 0 if it is not."""

    @property
    def bits(self) -> int:
        """How long it is in all."""
        return self.width * (self.values or 1)


class Layout(msgspec.Struct, frozen=True):
    """A section in one version. Masks lie over its core, the last of its `bits` lowest."""

    name: str
    bits: int
    core: tuple[Field, ...]
    extra: tuple[Field, ...]
    """The subsection that may follow."""
    sale: int
    """An opt-out is 1, and 3 means nothing and counts as one, so that the lower bit of each value tells."""
    sharing: int
    targeting: int
    sensitive: int
    """1 is no consent, or an opt-out: the lower bit again."""
    child: int
    """Anything but 0 says that the person is known to be a child: both bits."""
    unnoticed: int
    """2 is no notice: the upper bit."""
    service_provider: int


_LOWER, _UPPER, _BOTH = 0b01, 0b10, 0b11


def _fields(text: str) -> Iterator[Field]:
    start = 0
    for word in text.split():
        name, _, width = word.partition(":")
        name, _, values = name.partition("*")
        field = Field(name, start, int(width or 2), int(values or 0))
        start += field.bits
        yield field


def _layout(name: str, text: str) -> Layout:
    core_text, _, extra_text = text.partition("|")
    core, extra = tuple(_fields(core_text)), tuple(_fields(extra_text))
    bits = core[-1].start + core[-1].bits

    def over(which: int, *names: str) -> int:
        return sum(
            which << (bits - field.start - 2 * (value + 1))
            for field in core
            if field.name in names
            for value in range(field.values or 1)
        )

    notices = [field.name for field in core if field.name.endswith("Notice")]
    return Layout(
        name, bits, core, extra,
        sale=over(_LOWER, "SaleOptOut"),
        sharing=over(_LOWER, "SharingOptOut"),
        targeting=over(_LOWER, "TargetedAdvertisingOptOut"),
        sensitive=over(_LOWER, _SENSITIVE),
        child=over(_BOTH, _CHILD),
        unnoticed=over(_UPPER, *notices),
        service_provider=over(_LOWER, "MspaServiceProviderMode") | over(_UPPER, "MspaMode"),
    )  # fmt: skip


def _layouts() -> Mapping[int, Mapping[int, Layout]]:
    found: dict[int, dict[int, Layout]] = {}
    for line in _TABLE.split("\n")[1:-1]:
        section, name, version, text = line.split(" ", 3)
        found.setdefault(int(section), {})[int(version)] = _layout(name, text)
    return MappingProxyType(found)


LAYOUTS = _layouts()
"""Section id -> version -> layout."""

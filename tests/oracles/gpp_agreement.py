"""Whether our reading of a GPP string agrees with the official library's, and where it may refuse what that reads.

Ours may refuse more, for one of the reasons in `STRICTER`, and never read anything else. Two things are read that the
library refuses or misreads: `OURS_ALONE`.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from adserver.privacy.gpp import CANADA, US_PRIVACY, read_gpp_anew
from adserver.privacy.gpp_canada import MAX_LENGTH, read_canada_anew
from adserver.privacy.gpp_header import sections
from adserver.privacy.gpp_layouts import LAYOUTS, NEWER
from adserver.privacy.gpp_us import (
    LENGTHS_OF_NATIONAL_1,
    NATIONAL,
    UsSection,
    decode_section,
    read_us,
)
from adserver.privacy.tcf import Consent
from adserver.privacy.us_privacy import read_us_privacy

Json = dict[str, Any]
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


class Case(NamedTuple):
    """One section that ours refuses and the library reads."""

    section: int
    text: str
    official: Json
    vendor: int


STRICTER: Mapping[str, Callable[[Case], bool]] = {
    "a version whose layout nobody knows: the library reads it as the newest it knows":
        lambda case: case.section in LAYOUTS and case.section not in NEWER
        and case.official["Version"] not in LAYOUTS[case.section],
    "the national section of one version in the length of the other: the library goes by the length":
        lambda case: case.section == NATIONAL
        and (case.official["Version"] == 1) != (len(case.text.split(".")[0]) * 6 in LENGTHS_OF_NATIONAL_1),
    "more subsections than the section has: the library passes over them":
        lambda case: case.section in LAYOUTS
        and case.text.count(".") > bool(LAYOUTS[case.section][max(LAYOUTS[case.section])].extra),
    "a subsection that says it is not GPC in GPC's place: the library takes it for GPC":
        lambda case: case.official.get("GpcSegmentType", 1) != 1,
    "a header of the specification's newer layout that does not fit what follows: the library does not know it":
        lambda case: case.section in NEWER and case.official["MspaVersion"] == case.section,
    "an empty section: asked for it alone, the library reads it as its defaults":
        lambda case: not case.text,
    "the US privacy string is 1 and three of Y, N and -: the library takes any letters, and more behind a dot":
        lambda case: case.section == US_PRIVACY
        and (len(case.text) != 4 or case.text[0] != "1" or any(letter not in "YNyn-" for letter in case.text[1:])),
    "the Canadian section is of version 1: the library does not ask":
        lambda case: case.section == CANADA and case.official["Version"] != 1,
    "consent platforms have numbers from 2: the library asks for that in TCF strings only":
        lambda case: case.section == CANADA and case.official["CmpId"] < 2,
    "the core comes first, no segment is empty, none comes twice: the library takes the last of each":
        lambda case: case.section == CANADA and _disordered(case.text),
    "lists of vendors that no writer of either coding writes so: the library guesses":
        lambda case: case.section == CANADA and not case.official["written"],
    "lists that both codings write so, with other meanings: the library takes the first":
        lambda case: case.section == CANADA and case.official["twofold"],
    "vendors have numbers from 1":
        lambda case: case.section == CANADA and any(0 in ids for ids in _lists(case.official)),
    "a restriction of the vendor that means nothing":
        lambda case: case.section == CANADA
        and any(case.vendor in one["ids"] and (not one["key"] or one["type"] == 3) for one in case.official["PubRestrictions"]),
    "nobody needs so long a section":
        lambda case: case.section == CANADA and len(case.text) > MAX_LENGTH,
}  # fmt: skip

OURS_ALONE: Mapping[str, Callable[[int, str], bool]] = {
    "small letters in the US privacy string, which are in use": lambda section, text: (
        section == US_PRIVACY and text != text.upper()
    ),
    "the newer layout as the specification has it, with a header": lambda section, text: (
        section in NEWER and text[:1] == _ALPHABET[section]
    ),
}


def disagreements(text: str, vendor: int, official: Json) -> list[str]:
    """Return what is wrong with our reading; `official` is the answer of `consent/driver.mjs`."""
    header, *texts = text.split("~")
    try:
        ids = sections(header)
    except ValueError:
        return []  # nothing is read of it, whatever the library makes of it
    if official["ids"] is None or list(ids) != official["ids"]:
        return [f"sections {ids}, and {official['ids']} for the library"]
    known = [section for section in ids if section in LAYOUTS or section in {CANADA, US_PRIVACY}]
    if len(ids) != len(texts):
        return [] if _refused(text, known) else ["read though the header lists other sections"]
    wrong, read, shared = [], True, True
    for section, part in zip(ids, texts, strict=True):
        if section in known:
            reading = official["sections"][str(section)]
            found = _of_section(section, part, vendor, reading)
            wrong += [found] if found else []
            read = read and _reads(section, part, vendor)
            shared = shared and not any(rule(section, part) for rule in OURS_ALONE.values())
    if read and shared and len(known) == len(ids) and not official["whole"]:
        wrong.append("read though the library refuses the whole")
    if read and shared and known and not wrong:
        wrong += _merged(text, known, official)
    return wrong


def _merged(text: str, known: list[int], official: Json) -> list[str]:
    """Compare the verdict over all sections with the strictest of the library's values."""
    gpp = read_gpp_anew(text, tuple(known))
    mine = (
        gpp.sale_opt_out, gpp.sharing_opt_out, gpp.targeting_opt_out, gpp.sensitive_refused, gpp.known_child,
        gpp.notice_missing, gpp.service_provider, gpp.gpc,
    )  # fmt: skip
    each = [_flags(official["sections"][str(section)]) for section in known if section in LAYOUTS]
    strictest = tuple(any(flags) for flags in zip(*each, strict=True)) or (False,) * len(mine)
    return (
        []
        if mine == strictest
        else [f"the verdict is {mine}, and {strictest} of the library's values"]
    )


def _flags(official: Json) -> UsSection:
    """Return what the values of a US section mean, each looked at by its name."""

    def values(name: str) -> list[int]:
        value = official.get(name, 0)
        return value if isinstance(value, list) else [value]

    notices = [value for name in official if name.endswith("Notice") for value in values(name)]
    return UsSection(
        sale=values("SaleOptOut")[0] in {1, 3},
        sharing=values("SharingOptOut")[0] in {1, 3},
        targeting=values("TargetedAdvertisingOptOut")[0] in {1, 3},
        sensitive=any(value in {1, 3} for value in values("SensitiveDataProcessing")),
        child=any(values("KnownChildSensitiveDataConsents")),
        unnoticed=any(value in {2, 3} for value in notices),
        service_provider=values("MspaServiceProviderMode")[0] in {1, 3}
        or values("MspaMode")[0] in {2, 3},
        gpc=official.get("Gpc", False),
    )


def _of_section(section: int, text: str, vendor: int, official: Json | None) -> str | None:
    try:
        mine = _read(section, text, vendor)
    except ValueError as error:
        if official is None or any(
            rule(Case(section, text, official, vendor)) for rule in STRICTER.values()
        ):
            return None
        return f"section {section} refused though the library reads it ({error})"
    if any(rule(section, text) for rule in OURS_ALONE.values()):
        return None
    if official is None:
        return f"section {section} read though the library refuses it"
    theirs = _expected(section, official, vendor)
    return None if mine == theirs else f"section {section} is {mine}, and {theirs} for the library"


def _reads(section: int, text: str, vendor: int) -> bool:
    try:
        _read(section, text, vendor)
    except ValueError:
        return False
    return True


def _refused(text: str, known: list[int]) -> bool:
    try:
        read_gpp_anew(text, tuple(known))
    except ValueError:
        return True
    return False


def _read(section: int, text: str, vendor: int) -> Json:
    if section == CANADA:
        return _of_canada(read_canada_anew(text, vendor))
    if section == US_PRIVACY:
        found = read_us_privacy(text)
        letters = {True: "Y", False: "N", None: "-"}
        return {
            "Version": 1, "Notice": letters[found.notice], "OptOutSale": letters[found.sale_opt_out],
            "LspaCovered": letters[found.lspa],
        }  # fmt: skip
    layout = LAYOUTS[section][max(LAYOUTS[section])]
    absent = {
        field.name: [0] * field.values if field.values else int(field.name.endswith("Type"))
        for field in layout.extra
    }
    return {"flags": read_us(section, text), **absent, **decode_section(section, text)}


def _of_canada(consent: Consent) -> Json:
    return {
        "created": consent.created_s, "updated": consent.updated_s, "cmp": consent.cmp, "policy": consent.policy,
        "express": consent.vendor_consent, "implied": consent.vendor_interest,
        "purposes": consent.consents, "implied purposes": consent.interests,
        "features": consent.special_features, "restrictions": sorted(set(consent.restrictions)),
        "disclosed": bool(consent.disclosed),
    }  # fmt: skip


def _expected(section: int, official: Json, vendor: int) -> Json:
    if section == US_PRIVACY:
        return official
    if section != CANADA:
        return {"flags": _flags(official), **official}
    return {
        "created": _seconds(official["Created"]), "updated": _seconds(official["LastUpdated"]),
        "cmp": official["CmpId"], "policy": official["TcfPolicyVersion"],
        "express": vendor in official["VendorExpressConsent"],
        "implied": vendor in official["VendorImpliedConsent"],
        "purposes": _mask(official["PurposesExpressConsent"]),
        "implied purposes": _mask(official["PurposesImpliedConsent"]),
        "features": _mask(official["SpecialFeatureExpressConsent"]),
        "restrictions": sorted(
            {(one["key"], one["type"]) for one in official["PubRestrictions"] if vendor in one["ids"]}
        ),
        "disclosed": vendor in official["DisclosedVendors"],
    }  # fmt: skip


def _mask(bits: list[bool]) -> int:
    return sum(1 << number for number, bit in enumerate(bits, 1) if bit)


def _seconds(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp() // 1)


def _lists(official: Json) -> list[list[int]]:
    listed = [
        official[name]
        for name in ("VendorExpressConsent", "VendorImpliedConsent", "DisclosedVendors")
    ]
    return listed + [one["ids"] for one in official["PubRestrictions"]]


def _disordered(text: str) -> bool:
    parts = text.split(".")
    if not all(parts):
        return True
    kinds = [_ALPHABET.index(part[0]) >> 3 for part in parts]
    return kinds[0] != 0 or len(set(kinds)) < len(kinds)

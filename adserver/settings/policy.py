"""The file of rules about people's data becomes a `Policy`."""

from pathlib import Path

from adserver.errors import Fault, InvalidConfig
from adserver.privacy.countries import CountryRule
from adserver.privacy.policy import Policy, Source
from adserver.privacy.vendor_list import read_deleted_platforms
from adserver.settings.file import read_struct
from adserver.settings.policy_faults import not_registered, problems
from adserver.settings.policy_file import DEFAULT, PolicyFile
from adserver.settings.registration import from_vendor_list


def read_policy(file: Path, vendor: int = 0) -> Policy:
    """Read the rules; `vendor` is our number in the vendor list. Raises `InvalidConfig` with every contradiction."""
    written = read_struct(file, PolicyFile)
    found = [*problems(written)]
    registration = None if written.registration is None else written.registration.registration()
    platforms: dict[int, int] = {}
    try:
        if written.vendor_list is not None:
            registration = from_vendor_list(file.parent / written.vendor_list, vendor)
    except ValueError as error:
        found.append(("$.vendor_list", str(error)))
    try:
        if written.platform_list is not None:
            platforms = read_deleted_platforms(file.parent / written.platform_list)
    except ValueError as error:
        found.append(("$.platform_list", str(error)))
    if registration is not None:
        found.extend(not_registered(written, registration))
    if found:
        raise InvalidConfig([Fault(str(file), path, message) for path, message in found])
    countries = dict(written.countries)
    return Policy(
        sources=tuple(
            Source(rule.patterns, rule.grant, rule.sensitive, rule.about.written())
            for rule in written.sources
        ),
        undeclared_refused=written.undeclared == "refuse",
        minimum_people=written.minimum_people,
        default_country=countries.pop(DEFAULT, CountryRule.OPT_OUT),
        countries=countries,
        registration=registration,
        deleted_platforms=platforms,
    )


def refused_segment(policy: Policy, name: str, people: int, file: str) -> Fault:
    """Return what to tell of a segment in a file of audiences that was not loaded."""
    why = (
        "is sensitive by the rules about people's data"
        if policy.is_sensitive(name)
        else "is covered by no source in the rules about people's data"
    )
    return Fault(file, "$", f"the segment '{name}' {why}: it was not loaded for {people:,} people")

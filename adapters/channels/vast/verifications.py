"""Scripts that measure by Open Measurement: an element of its own from 4.1 on, an extension before.

The Open Measurement SDK's guidance for video: VAST 2.0 to 4.0 carry the same `AdVerifications` inside
`<Extension type="AdVerifications">`, since 4.0 had the name but nowhere to put the parameters.
"""

from collections.abc import Iterable

from adapters.channels.vast.writing import attribute, cdata, element
from adserver.domain.creative import Verification
from adserver.domain.web_address import web_address

FIRST_WITH_PARAMETERS = "4.1"


def verification(declared: Verification, *, secure: bool) -> str:
    """Return one script. Raises `ValueError` for a bad address.

    `browserOptional` is false: nobody told us that the script can do without a browser's objects.
    """
    script = cdata(web_address(declared.script_url, secure=secure))
    parameters = (
        element("VerificationParameters", declared.parameters) if declared.parameters else ""
    )
    return (
        f'<Verification vendor="{attribute(declared.vendor)}">'
        f'<JavaScriptResource apiFramework="omid" browserOptional="false">{script}</JavaScriptResource>'
        f"{parameters}</Verification>"
    )


def together(scripts: Iterable[str]) -> str:
    """Return all scripts as `AdVerifications`; nothing if there is none."""
    inner = "".join(scripts)
    return f"<AdVerifications>{inner}</AdVerifications>" if inner else ""


def placed(verifications: str, version: str) -> tuple[str, str]:
    """Return what stands as `AdVerifications`, and what as `Extensions`, in a document of this version."""
    if not verifications or version >= FIRST_WITH_PARAMETERS:
        return verifications, ""
    return (
        "",
        f'<Extensions><Extension type="AdVerifications">{verifications}</Extension></Extensions>',
    )

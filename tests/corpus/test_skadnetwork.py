"""What real requests offer of SKAdNetwork is read."""

from collections import Counter

from adserver.openrtb.codec import decode
from adserver.openrtb.skadnetwork import app_install
from tests.corpus.test_requests import requests


def test_every_offer_of_a_real_request_is_read() -> None:
    versions: Counter[str] = Counter()
    for _, body in requests():
        if b'"skadn"' not in body:
            continue
        for imp in decode(body).request.imp or ():
            if imp.ext is not None and imp.ext.skadn:
                found = app_install(imp.ext.skadn)
                assert found is not None
                assert found.lists("cdkw7geqsh.skadnetwork", 0) == (found.version == "4.0")
                versions[found.version] += 1
    assert versions == {"4.0": 11, "2.0": 1}

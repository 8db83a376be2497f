"""The texts that people agree to, each known by its version.

The words stand on the portal's pages. Whoever changes them gives them a new version here: a
consent counts only for the very text that was shown.
"""

from selfcard.policies.application import ConsentKind
from selfcard.products.models import ProductVersion

PRIVACY_NOTICE = "1"
GUARDIANS_CONSENT = "1"


def versions_of_texts(version: ProductVersion) -> dict[ConsentKind, str]:
    """Which version of each text belongs to a product now; the terms are the product's own."""
    return {
        ConsentKind.TERMS: version.code,
        ConsentKind.PRIVACY: PRIVACY_NOTICE,
        ConsentKind.GUARDIAN: GUARDIANS_CONSENT,
    }


# What is read out to a customer at the desk until they agree, by its version. The words stand with
# the desk's pages; a policy's evidence keeps the versions.
READ_OUT = {
    "pin": "1",
    "link": "1",
    "product": "1",
    "starts": "1",
    "insured": "1",
    "people": "1",
    "applicant": "1",
    "paid": "1",
    "details": "1",
    "contact": "1",
    "terms": "1",
    "privacy": "1",
    "guardian": "1",
    "code": "1",
}

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

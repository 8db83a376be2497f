"""Is this policy genuine? Asked by the code on it, or by its number; and the keys that prove it."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_GET

from selfcard.activation.commands import check_policy
from selfcard.core import clock
from selfcard.core.actor import Channel
from selfcard.organisations.queries import staff_actor
from selfcard.policies.authenticity import (
    authenticity_of,
    code_keys,
    policy_with_code,
)
from selfcard.policies.errors import NoSuchPolicy, NotAPolicyNumber
from selfcard.policies.models import Policy
from selfcard.policies.numbers import read_policy_number
from selfcard.policies.queries import access_policy
from selfcard.policies.signing.certificates import (
    is_demonstration,
    issuer_of,
    name_of,
    signing_key,
)
from selfcard.web.office.views import client_address
from selfcard.web.portal.forms import CheckForm
from selfcard.web.portal.views import shown, tried
from selfcard.web.portal.visit import asking

NOT_TOGETHER = _("We know no policy with this number and this end of an identity number")


@never_cache
def check(request: HttpRequest) -> HttpResponse:
    """By the policy's number, and the last four signs of an insured person's identity number."""
    form = CheckForm(request.POST or None)
    if form.is_valid() and (found := _shown_to_hold(request, form)):
        return _told(request, found)
    return shown(request, "portal/check_policy.html", form, {})


@never_cache
@require_GET
def scanned(request: HttpRequest, code: str) -> HttpResponse:
    """Where the code on a policy leads; whoever is on the staff, and may see it, sees it whole.

    Older papers and whoever types have the number there.
    """
    try:
        number = read_policy_number(code)
    except NotAPolicyNumber:
        return _by_code(request, code)
    return shown(request, "portal/check_policy.html", CheckForm(kept={"policy_number": number}), {})


def _by_code(request: HttpRequest, code: str) -> HttpResponse:
    found = policy_with_code(code)
    if found is None:
        return render(request, "portal/not_genuine.html", status=404)
    policy, said = found
    if _may_open(request, policy):
        return redirect("office:policies:policy", policy.number)
    return _told(request, policy, edition=said.edition)


def _may_open(request: HttpRequest, policy: Policy) -> bool:
    if not request.user.is_authenticated:
        return False
    actor = staff_actor(request.user, Channel.OFFICE, client_address(request))
    try:
        access_policy(actor, policy.number)
    except NoSuchPolicy:
        return False
    return True


def _told(request: HttpRequest, policy: Policy, *, edition: int | None = None) -> HttpResponse:
    context = {
        "one": authenticity_of(policy, edition=edition),
        "by_code": edition is not None,
        "now": clock.now(),
    }
    return render(request, "portal/genuine.html", context)


def _shown_to_hold(request: HttpRequest, form: CheckForm) -> Policy | None:
    """The policy that somebody has shown to hold; else the form says that it is refused."""
    given = form.cleaned_data
    pair = {"number": given["policy_number"], "last_signs": given["last_signs"]}
    return tried(form, check_policy, NOT_TOGETHER, **pair, **asking(request))


# ---- what the insurer's signatures verify with


@dataclass(frozen=True)
class CertificateShown:
    """A certificate, as somebody compares it with what their program shows."""

    name: str
    fingerprint: str
    until: datetime

    @classmethod
    def of(cls, certificate: x509.Certificate) -> "CertificateShown":
        digest = certificate.fingerprint(hashes.SHA256())
        return cls(name_of(certificate), _in_pairs(digest), certificate.not_valid_after_utc)


@require_GET
def keys(request: HttpRequest) -> HttpResponse:
    """How anybody checks a policy by themselves, and with which keys."""
    context = {
        "signer": CertificateShown.of(signing_key().certificate),
        "root": CertificateShown.of(issuer_of(signing_key())),
        "is_demonstration": is_demonstration(),
        "codes": [(one, _in_pairs(hashlib.sha256(one.public_key).digest())) for one in code_keys()],
    }
    return render(request, "portal/keys.html", context)


@cache_control(public=True, max_age=3600)
@require_GET
def root_certificate(request: HttpRequest) -> HttpResponse:
    """The certificate that a reader of PDFs is to trust, as PEM."""
    content = issuer_of(signing_key()).public_bytes(serialization.Encoding.PEM)
    return HttpResponse(
        content,
        content_type="application/x-pem-file",
        headers={"Content-Disposition": 'attachment; filename="policies-root.pem"'},
    )


@cache_control(public=True, max_age=3600)
@require_GET
def keys_of_codes(request: HttpRequest) -> HttpResponse:
    """The public keys of all codes, as a JWK set (RFC 7517, RFC 8037)."""
    keys: list[dict[str, Any]] = [one.as_jwk for one in code_keys()]
    return JsonResponse({"keys": keys})


def _in_pairs(digest: bytes) -> str:
    return digest.hex(" ").upper()

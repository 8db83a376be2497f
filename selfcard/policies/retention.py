"""How long what this room holds is kept; `core.kept` says what the reasons mean."""

from django.conf import settings

from selfcard.core.kept import Reason, Retention, Retentions, recorded


def _with_its_policy() -> list[Retention]:
    return [recorded(Reason.CONTRACT, "policy__ends_at", settings.RECORD_TIME)]


KEPT: Retentions = {
    "policies.Beneficiary": _with_its_policy(),
    "policies.Cancellation": _with_its_policy(),
    "policies.ContactChange": _with_its_policy(),
    "policies.Edition": _with_its_policy(),
    "policies.Endorsement": _with_its_policy(),
    "policies.EndorsementRequest": _with_its_policy(),
    "policies.InsuredPerson": _with_its_policy(),
    "policies.Policy": [recorded(Reason.CONTRACT, "ends_at", settings.RECORD_TIME)],
    "policies.Unmasking": _with_its_policy(),
}

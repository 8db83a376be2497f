"""How long is kept what the libraries hold which the pages rest on."""

from datetime import timedelta

from django.conf import settings

from selfcard.core.kept import Reason, Retentions, kept, swept

KEPT: Retentions = {
    "account.EmailAddress": [kept(Reason.ACCOUNT)],
    "account.EmailConfirmation": [kept(Reason.ACCOUNT)],
    "axes.AccessAttempt": [swept(Reason.SIGN_INS, "attempt_time", settings.SIGN_IN_MEMORY)],
    "axes.AccessFailureLog": [swept(Reason.SIGN_INS, "attempt_time", settings.SIGN_IN_MEMORY)],
    "axes.AccessLog": [swept(Reason.SIGN_INS, "attempt_time", settings.SIGN_IN_MEMORY)],
    "mfa.Authenticator": [kept(Reason.ACCOUNT)],
    "sessions.Session": [swept(Reason.VISIT, "expire_date", timedelta())],
}

"""Signing in: by staff code and password, with a second step for those who set it up."""

import base64
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import ChangePasswordForm, LoginForm, ReauthenticateForm
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from selfcard.core.encryption import seal, unseal
from selfcard.web.office.forms import OfficeLook

_TWO_STEP = "mfa_authenticator.data"


class StaffAccounts(DefaultAccountAdapter):
    """Nobody signs up: an account is given by whoever administers the staff."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": _(
            "This staff code and password do not fit together. Check both; "
            "after five failures the sign-in rests for 15 minutes."
        ),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


class StaffTwoStep(DefaultMFAAdapter):
    """The secrets of authenticator apps are encrypted at rest."""

    def encrypt(self, text: str) -> str:
        return base64.b64encode(seal(text.encode(), _TWO_STEP)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(base64.b64decode(encrypted_text), _TWO_STEP).decode()


class SignInForm(OfficeLook, LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("Staff code")
        self.fields["login"].widget.attrs.update(autocomplete="username", spellcheck="false")
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
            field.help_text = ""

    def clean_login(self) -> str:
        """The code as one spelling: whoever guesses must not count anew for each other one."""
        return str(super().clean_login()).upper()


class PasswordForm(OfficeLook, ChangePasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)


class ConfirmForm(OfficeLook, ReauthenticateForm):
    """Asks for the password again before something that matters to the account."""

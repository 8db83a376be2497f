from django.utils.translation import gettext_lazy as _

from selfcard.core.refusals import Refusal


class NotAuthorised(Refusal):
    message = _("You are not authorised to do this: %(may)s, at %(organisation)s.")


class CodeTaken(Refusal):
    message = _("The code %(code)s is already in use.")
    default_field = "code"


class HeadOfficeIsOpen(Refusal):
    message = _("There is a head office already: every other organisation stands below it.")
    default_field = "level"


class NotForOneself(Refusal):
    message = _("Nobody gives themself an authorisation: another administrator has to.")


class PasswordTooWeak(Refusal):
    message = _("This password can be guessed: %(reasons)s")
    default_field = "password"


class LevelDoesNotFit(Refusal):
    message = _("A %(level)s cannot stand below a %(parent)s.")
    default_field = "level"


class NoSuchCode(Refusal):
    message = _("There is nobody with the code “%(code)s”.")

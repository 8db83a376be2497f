"""Words about people that products, policies and the faces share."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Sex(models.TextChoices):
    """As identity documents write it."""

    FEMALE = "female", _("female")
    MALE = "male", _("male")


class Relationship(models.TextChoices):
    """What the insured is to the applicant: of a mother's own child, *child*."""

    SELF = "self", pgettext_lazy("relationship", "the applicant")
    SPOUSE = "spouse", _("husband or wife")
    CHILD = "child", _("son or daughter")
    WARD = "ward", _("a child in the applicant's guardianship")
    PARENT = "parent", _("father or mother")
    FAMILY = "family", _("another family member in the same household")

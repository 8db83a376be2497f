"""Two who open a policy for the first time at the same moment hold one and the same paper."""

import pytest

from selfcard.policies import editions
from selfcard.policies.editions import policy_pdf
from selfcard.policies.models import Edition, Policy
from tests.factories.activation import holder
from tests.factories.organisations import an_insurer
from tests.factories.policies import a_policy
from tests.factories.products import a_published_version
from tests.races.threads import at_once, held_back_after

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_who_open_a_policy_first_get_one_paper(monkeypatch):
    insurer = an_insurer()
    policy = a_policy(a_published_version(insurer), insurer.institution)
    # Each has found that there is none, before either keeps one.
    held_back_after(monkeypatch, (editions, "find_edition"))

    def opened():
        return policy_pdf(Policy.objects.get(pk=policy.pk), actor=holder())

    first, second = at_once(opened, opened)

    assert first == second
    assert bytes(Edition.objects.get().pdf) == first

"""The secrets of the staff's authenticator apps, which stand sealed within a row's JSON."""

import base64
import binascii
from collections import Counter
from collections.abc import Iterator
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import transaction

from selfcard.core.encryption import PERSONAL, key_id, sealed_under
from selfcard.core.keys import key
from selfcard.web.account import StaffTwoStep


class TwoStepSecrets:
    key_name = PERSONAL

    def count_by_key(self) -> Counter[bytes]:
        rows = Authenticator.objects.values_list("data", flat=True)
        return Counter(found for data in rows for found in _keys_within(data))

    def reseal(self) -> Iterator[int]:
        newest = key_id(key(self.key_name))
        for pk in list(Authenticator.objects.values_list("pk", flat=True)):
            with transaction.atomic():
                row = Authenticator.objects.select_for_update().filter(pk=pk).first()
                if row and (outdated := [x for x in _keys_within(row.data) if x != newest]):
                    row.data = _renewed(row.data)
                    row.save(update_fields=["data"])
                    yield len(outdated)


def _renewed(data: Any) -> Any:
    if isinstance(data, dict):
        return {name: _renewed(value) for name, value in data.items()}
    if isinstance(data, list):
        return [_renewed(value) for value in data]
    if not _key_of(data):
        return data
    two_step = StaffTwoStep()
    return two_step.encrypt(two_step.decrypt(data))


def _keys_within(data: Any) -> Iterator[bytes]:
    if isinstance(data, dict | list):
        for value in data.values() if isinstance(data, dict) else data:
            yield from _keys_within(value)
    elif found := _key_of(data):
        yield found


def _key_of(value: Any) -> bytes | None:
    """The key that a text in the JSON is sealed with, if it is a sealed one."""
    if not isinstance(value, str):
        return None
    try:
        return sealed_under(base64.b64decode(value, validate=True), PERSONAL)
    except binascii.Error:
        return None


SEALED = [TwoStepSecrets()]

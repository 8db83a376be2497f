"""The batches' keys, which the wrapping key seals: they stay, and it may be followed by a newer."""

from typing import Any

from selfcard.cards.making import WRAPPING_KEY, open_keys, sealed_keys
from selfcard.cards.models import BatchKey
from selfcard.core.resealing import SealedColumns


class BatchKeys(SealedColumns):
    def renewed(self, row: Any) -> dict[str, Any]:
        keys = open_keys(row.batch_id, row.pin_key, row.selector_key)
        return dict(sealed_keys(row.batch_id, keys))


SEALED = [BatchKeys(BatchKey, ["pin_key", "selector_key"], WRAPPING_KEY)]

"""The part of `selfcard bench sms`: what people type, read and masked, the longest as well; in
processor time.
"""

import random
import time
from typing import Any

from bench.figures import Stopwatch
from selfcard.sms.grammar import LONGEST_MESSAGE, masked
from tests.factories.sms import typed_messages

# What could be slow if it were read carelessly, again and again up to the longest message.
_UNITS = ("#", "1", "1234 ", "王1", "a ", "2026年1月1日", "ﷺ", "激活")
_SEED = 20260724


def measure(messages: int) -> dict[str, Any]:
    watch, longest = Stopwatch(clock=time.process_time), Stopwatch(clock=time.process_time)
    texts = typed_messages(messages, random.Random(_SEED))
    for text in texts:
        with watch.running():
            masked(text)
    slowest = max(watch.milliseconds)
    for unit in _UNITS:
        with longest.running():
            masked(("激活#" + unit * LONGEST_MESSAGE)[:LONGEST_MESSAGE])
    return {
        **watch.as_data(),
        "slowest_ms": round(slowest, 3),
        "slowest": masked(texts[watch.milliseconds.index(slowest)]),
        "longest_ms": round(max(longest.milliseconds), 3),
    }

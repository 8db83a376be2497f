"""The clauses of the demo's products, put together from passages that several of them share.

A passage is plain text: `#` begins a heading, `-` an item of a list. `§` begins an article;
articles are numbered when the passages stand together.
"""

import re
from collections.abc import Iterable
from importlib.resources import files
from itertools import count

_ARTICLE = {"zh": "第{}条 ", "en": "Article {}. "}


def clauses(
    language: str, *, passages: Iterable[str], exclusions: Iterable[str], places: dict[str, str]
) -> str:
    """Complete clauses in a language (`zh` or `en`).

    `passages` name what is covered, by their files; `places` fill what differs between
    products: who is insured, tax, period, the latest start, further definitions.
    """
    end = "；" if language == "zh" else ";"
    filled = {
        "liability": "\n\n".join(_passage(name, language) for name in passages),
        "exclusions": "\n".join(f"- {one.rstrip('。.')}{end}" for one in exclusions),
        **places,
    }
    text = _passage("common", language)
    for name, value in filled.items():
        text = text.replace(f"{{{name}}}", value)
    numbers = count(1)
    return re.sub("^§ ", lambda _: _ARTICLE[language].format(next(numbers)), text, flags=re.M)


def _passage(name: str, language: str) -> str:
    return files(__package__).joinpath(f"{name}.{language}.txt").read_text("utf-8").strip()

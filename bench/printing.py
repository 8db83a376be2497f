"""What it takes to make a policy and its card, and to open one that was made."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from statistics import median
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from bench.figures import Stopwatch, statements_of
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.papers import render
from selfcard.policies.editions import current_edition, policy_pdf
from selfcard.policies.models import Policy
from selfcard.policies.papers import POLICY
from selfcard.policies.paperwork import frozen, policy_card, policy_facts, signed_paper
from selfcard.policies.queries import find_policy
from selfcard.policies.signing.pades import get_ready
from tests.factories.organisations import an_insurer
from tests.factories.policies import a_person, a_policy, an_application
from tests.factories.products import a_published_version

_HOLDER = Actor.holder()
_SURNAMES = "王李张刘陈杨黄赵吴周"


@dataclass
class _Work:
    """The same work again and again: by the clock, and in processor time of this process."""

    watch: Stopwatch = field(default_factory=Stopwatch)
    processor: list[float] = field(default_factory=list)

    def done(self, work: Callable[[], Any]) -> Any:
        started = time.process_time()
        with self.watch.running():
            result = work()
        self.processor.append(1000 * (time.process_time() - started))
        return result

    def as_data(self) -> dict[str, Any]:
        return {**self.watch.as_data(), "cpu_p50_ms": round(median(self.processor), 3)}


def measure(rounds: int) -> dict[str, Any]:
    """Each round has a policy of its own: what Typst remembers of one does not help the next."""
    get_ready()
    insurer = an_insurer()
    version = a_published_version(insurer)
    works = {name: _Work() for name in ("policy", "card", "opened", "page", "signature")}
    sizes: dict[str, int] = {}
    bare = ec.generate_private_key(ec.SECP256R1())
    for place in range(rounds + 1):
        policy = _read(
            a_policy(version, insurer.institution, an_application(applicant=_who(place)))
        )
        paper = works["policy"].done(partial(signed_paper, policy))
        card = works["card"].done(partial(policy_card, policy, paper.code.written))
        current_edition(policy, actor=_HOLDER)
        works["opened"].done(partial(policy_pdf, policy, actor=_HOLDER))
        # The floor: the same page of facts that stand ready, and the bare signature of its bytes.
        facts = frozen(policy, policy_facts(_read(policy), code="A" * 176, signer="-"), clock.now())
        works["page"].done(partial(render, POLICY, facts, "zh-hans"))
        works["signature"].done(partial(bare.sign, paper.pdf, ec.ECDSA(hashes.SHA256())))
        sizes = {"policy": len(paper.pdf), "card": len(card)}
        if place == 0:
            # The first of a process loads typefaces and templates.
            works = {name: _Work() for name in works}
    return {
        "papers": [{"paper": name, **work.as_data()} for name, work in works.items()],
        "bytes": sizes,
        "statements_to_open": len(statements_of(partial(policy_pdf, policy, actor=_HOLDER))),
    }


def _who(place: int) -> Any:
    name = _SURNAMES[place % len(_SURNAMES)] + chr(0x4E00 + 7 * place)
    return a_person(name, date(1986, 5, 17) + timedelta(days=place))


def _read(policy: Policy) -> Policy:
    found = find_policy(policy.number)
    assert found is not None
    return found

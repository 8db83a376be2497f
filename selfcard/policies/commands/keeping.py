"""A policy's signed papers are kept as they are handed out."""

from uuid import UUID

from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command
from selfcard.policies.errors import EditionKeptAlready, PolicyChangedMeanwhile
from selfcard.policies.models import CodeKey, Edition, Policy
from selfcard.policies.paperwork import SignedPaper
from selfcard.policies.signing.codes import key_id


@command
def keep_edition(*, policy: Policy, paper: SignedPaper, actor: Actor, request_id: UUID) -> Edition:
    """Keep a policy's signed paper as it is handed out, and publish the key of its code.

    Of two who open a policy at the same moment, one's paper is kept and handed out to both.

    Raises:
        PolicyChangedMeanwhile: the policy has changed since the paper was made.
        EditionKeptAlready: this edition was signed before; it is the one that counts.
    """
    now = Policy.objects.select_for_update(no_key=True).get(pk=policy.pk)
    if now.edition != paper.edition:
        raise PolicyChangedMeanwhile(number=policy.number)
    key, _ = CodeKey.objects.get_or_create(
        key_id=key_id(paper.code.public_key).hex(),
        defaults={"public_key": paper.code.public_key, "since": paper.signed_at},
    )
    edition, is_new = Edition.objects.get_or_create(
        policy=policy,
        number=paper.edition,
        defaults={
            "code": paper.code.written,
            "code_key": key,
            "pdf": paper.pdf,
            "digest": paper.digest,
            "certificate": paper.certificate,
            "signed_at": paper.signed_at,
        },
    )
    if not is_new:
        raise EditionKeptAlready(number=policy.number)
    record(
        actor, "policy.signed", policy, edition=edition.number, certificate=paper.certificate.hex()
    )
    return edition

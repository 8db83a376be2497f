"""Of what kind the data of this room are; `core.held` says what the kinds mean."""

from selfcard.core.held import Held, held

HELD: dict[str, Held] = {
    "policies.Policy": held(
        personal=(
            "name identity_number birth_date_text phone email address details_text evidence_text"
        ),
        attribute="identity_kind sex region",
        index="identity_index",
        business=(
            "id number product_version organisation reason_kind reason_number source_zh "
            "source_en source_type starts_at ends_at issued_at channel currency premium_net "
            "premium_tax premium_gross coverages consents house state cancelled_at edition"
        ),
    ),
    "policies.Cancellation": held(
        personal="asker_name asker_number",
        attribute="asker_kind by_authority",
        words="reason",
        business=(
            "id policy asked_on benefit_paid repayment days unearned net tax gross cancelled_by"
        ),
    ),
    "policies.ContactChange": held(
        personal="former_phone former_email former_address asker_name asker_number",
        attribute="former_region asker_kind by_authority",
        words="reason",
        business="id policy edition how changed_at changed_by",
    ),
    "policies.EndorsementRequest": held(
        personal="before_text after_text asker_name asker_number",
        attribute="role asker_kind by_authority",
        words="reason document_seen",
        business="id policy approval place",
    ),
    "policies.InsuredPerson": held(
        personal="name identity_number birth_date_text details_text",
        attribute="identity_kind sex relationship occupation death_cover declared_death_cover",
        index="identity_index",
        business="id policy place edition",
    ),
    "policies.Beneficiary": held(
        personal="name identity_number",
        attribute="relationship identity_kind share",
        business="id policy place edition",
    ),
    "policies.CodeKey": held(business="key_id public_key"),
    "policies.Edition": held(
        personal="pdf", business="id policy number code code_key digest certificate signed_at"
    ),
    "policies.Unmasking": held(words="reason"),
}

from collections.abc import Iterator

from selfcard.core.verify import Violation, violations_of


def violations() -> Iterator[Violation]:
    """What must always be true of policies; no personal data is opened to check it."""
    yield from violations_of(
        "A policy insures at least one person",
        """
        SELECT policy.number, 'nobody is insured' FROM policies_policy policy
        WHERE NOT EXISTS (
            SELECT FROM policies_insuredperson insured WHERE insured.policy_id = policy.id)
        """,
    )
    yield from violations_of(
        "The shares of named beneficiaries make the whole",
        """
        SELECT policy.number, sum(beneficiary.share) || ' percent'
        FROM policies_beneficiary beneficiary
        JOIN policies_policy policy ON policy.id = beneficiary.policy_id
        GROUP BY policy.number HAVING sum(beneficiary.share) <> 100
        """,
    )
    yield from violations_of(
        "Each consent is kept with its version and its moment",
        """
        SELECT policy.number, consent->>'kind'
        FROM policies_policy policy, jsonb_array_elements(policy.consents) consent
        WHERE coalesce(consent->>'version', '') = '' OR coalesce(consent->>'given_at', '') = ''
        """,
    )
    yield from violations_of(
        "A policy rests on a published version and was sold by an organisation",
        """
        SELECT policy.number, 'version ' || policy.product_version_id,
               'organisation ' || policy.organisation_id
        FROM policies_policy policy
        LEFT JOIN products_productversion version
               ON version.id = policy.product_version_id AND version.state = 'published'
        LEFT JOIN organisations_organisation organisation
               ON organisation.party_id = policy.organisation_id
        WHERE version.id IS NULL OR organisation.party_id IS NULL
        """,
    )
    yield from violations_of(
        "Premium and tax of a policy follow its product's rate to the cent",
        """
        SELECT policy.number, policy.premium_net, policy.premium_tax
        FROM policies_policy policy
        JOIN products_productversion version ON version.id = policy.product_version_id
        WHERE policy.premium_net
              <> round(policy.premium_gross / (1 + coalesce(version.tax_rate, 0)), 2)
           OR policy.premium_tax <> policy.premium_gross - policy.premium_net
        """,
    )
    yield from violations_of(
        "Nobody has more policies of a product for the same days than it allows",
        """
        SELECT policy.number, count(DISTINCT other.id) || ' policies'
        FROM policies_insuredperson insured
        JOIN policies_policy policy ON policy.id = insured.policy_id
        JOIN products_productversion version ON version.id = policy.product_version_id
        JOIN policies_insuredperson same ON same.identity_index = insured.identity_index
        JOIN policies_policy other ON other.id = same.policy_id
        JOIN products_productversion its_version ON its_version.id = other.product_version_id
        WHERE policy.state = 'issued' AND other.state = 'issued'
          AND its_version.product_id = version.product_id
          AND other.starts_at < policy.ends_at AND other.ends_at > policy.starts_at
          AND other.id <= policy.id
        GROUP BY policy.number, insured.identity_index, version.id
        HAVING count(DISTINCT other.id) > (version.rules->>'policies_per_insured')::int
        """,
    )
    yield from violations_of(
        "A policy has each edition of its paper once, and they count from one",
        """
        SELECT policy.number, 'edition ' || edition.number
        FROM policies_edition edition
        JOIN policies_policy policy ON policy.id = edition.policy_id
        GROUP BY policy.number, edition.number
        HAVING count(*) > 1 OR edition.number < 1
        """,
    )
    yield from violations_of(
        "A key of the codes on policies is known by its digest",
        """
        SELECT key_id, 'another key'
        FROM policies_codekey
        WHERE encode(substring(sha256(public_key) FROM 1 FOR 4), 'hex') <> key_id
        """,
    )
    yield from violations_of(
        "Each edition of a policy after its first was made by one change",
        """
        SELECT policy.number, 'edition ' || later.edition,
               policies_changes(policy.id, later.edition) || ' changes'
        FROM policies_policy policy, generate_series(2, policy.edition) AS later(edition)
        WHERE policies_changes(policy.id, later.edition) <> 1
        """,
    )
    yield from violations_of(
        "Whoever is corrected in a policy is corrected by an endorsement that another agreed to",
        """
        SELECT policy.number, person.role || ' ' || person.place
        FROM (
            SELECT policy_id, 'insured' AS role, place, edition FROM policies_insuredperson
            WHERE edition > 1 AND relationship <> 'self'
            UNION ALL
            SELECT policy_id, 'applicant', 0, edition FROM policies_insuredperson
            WHERE edition > 1 AND relationship = 'self'
            UNION ALL
            SELECT policy_id, 'beneficiary', place, edition FROM policies_beneficiary
            WHERE edition > 1
        ) person
        JOIN policies_policy policy ON policy.id = person.policy_id
        WHERE NOT EXISTS (
            SELECT FROM policies_endorsement endorsement
            JOIN policies_endorsementrequest asked ON asked.id = endorsement.asked_id
            JOIN approvals_approval approval ON approval.id = asked.approval_id
            WHERE endorsement.policy_id = person.policy_id
              AND endorsement.edition = person.edition
              AND asked.role = person.role AND asked.place = person.place
              AND approval.state = 'granted')
        """,
    )

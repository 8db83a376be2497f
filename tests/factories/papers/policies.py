"""A filled policy, and the card that goes with it."""

from datetime import date, datetime
from decimal import Decimal

from selfcard.core.clock import zone
from selfcard.core.papers import Name, Text
from selfcard.policies.papers import (
    BeneficiaryFacts,
    CoverageFacts,
    DetailFacts,
    InsuredFacts,
    InsuredOnCard,
    PersonFacts,
    PolicyCardFacts,
    PolicyFacts,
)
from selfcard.products.papers import ClaimTold
from tests.factories.papers.names import at, yuan


def a_policy() -> PolicyFacts:
    return PolicyFacts(
        number="P0000481237462",
        product=Name(zh="长者关爱意外险", en="Senior Care Accident", code="AC-SEN"),
        product_version=3,
        issued_at=at(22, 14, 32),
        starts_at=datetime(2026, 11, 23, 0, 0, tzinfo=zone()),
        ends_at=datetime(2027, 11, 22, 23, 59, 59, tzinfo=zone()),
        applicant=PersonFacts(
            name="王建国",
            id_kind=Text(zh="居民身份证", en="Resident identity card"),
            id_number="330106195503124419",
            birth_date=date(1955, 3, 12),
            sex=Text(zh="男", en="male"),
            phone="138 0013 8000",
            email="wang@example.com",
            address="浙江省杭州市西湖区文三路18号",
        ),
        insured=(
            InsuredFacts(
                person=PersonFacts(
                    name="王建国",
                    id_kind=Text(zh="居民身份证", en="Resident identity card"),
                    id_number="330106195503124419",
                    birth_date=date(1955, 3, 12),
                    sex=Text(zh="男", en="male"),
                ),
                relationship=Text(zh="本人", en="the applicant"),
                occupation=Text(zh="退休人员（1 类）", en="Retired (class 1)"),
                beneficiaries=(
                    BeneficiaryFacts(
                        name="李𬱖",
                        relationship=Text(zh="配偶", en="spouse"),
                        share=Decimal("60.00"),
                    ),
                    BeneficiaryFacts(
                        name="王喆",
                        relationship=Text(zh="子女", en="child"),
                        share=Decimal("40.00"),
                    ),
                ),
            ),
        ),
        coverages=(
            CoverageFacts(
                name=Name(zh="意外身故或伤残", en="Death or disability by accident"),
                sum_insured=yuan("50000.00"),
                conditions=Text(
                    zh="伤残按《人身保险伤残评定标准》比例给付",
                    en="Disability is paid by the share that its grade sets",
                ),
            ),
            CoverageFacts(
                name=Name(zh="意外骨折", en="Broken bones"), sum_insured=yuan("10000.00")
            ),
            CoverageFacts(
                name=Name(zh="意外医疗费用", en="Medical costs after an accident"),
                sum_insured=yuan("10000.00"),
                conditions=Text(zh="90%，无免赔额", en="90%, from the first yuan"),
            ),
            CoverageFacts(
                name=Name(zh="救护车费用", en="Ambulance"),
                sum_insured=yuan("500.00"),
                conditions=Text(zh="每次事故", en="each accident"),
            ),
        ),
        exclusions=(
            Text(zh="疾病、药物过敏、医疗事故", en="Illness, allergy to medicines, medical error"),
            Text(zh="酒后驾驶、无证驾驶", en="Driving after drinking or without a licence"),
            Text(
                zh="潜水、跳伞、攀岩等高风险运动",
                en="Diving, parachuting, climbing and other dangerous sports",
            ),
        ),
        premium=yuan("100.00"),
        net=yuan("94.34"),
        tax=yuan("5.66"),
        source=Text(zh="自助保险卡 6201 1800 0412 1186", en="Card 6201 1800 0412 1186"),
        channel=Text(zh="网上激活", en="activated on the website"),
        edition=1,
        signer="DEMONSTRATION policy signing 演示签名",
        code_address=f"HTTPS://CARDS.LANTERN.EXAMPLE/CHECK/{'A7' * 88}",
        check_page="https://cards.lantern.example/check/P0000481237462",
        claim=ClaimTold(
            reporting=Text(zh="36小时内报案", en="Tell us within 36 hours"),
            papers=Text(
                zh="我们需要：病历、费用清单。照片亦可。",
                en="We need: medical records, bills. Photos will do.",
            ),
        ),
        claim_page="https://cards.lantern.example/claim/",
        details=(
            DetailFacts(
                label=Text(zh="常住地区", en="Region of residence"),
                value=Text(zh="浙江", en="Zhejiang"),
            ),
        ),
    )


def a_policy_card() -> PolicyCardFacts:
    policy = a_policy()
    return PolicyCardFacts(
        number=policy.number,
        product=policy.product,
        starts_at=policy.starts_at,
        ends_at=policy.ends_at,
        insured=(InsuredOnCard(name="王𡛟", id_number="330*************19"),),
        coverages=policy.coverages,
        code_address=policy.code_address,
        check_page=policy.check_page,
        claim=policy.claim,
        claim_page=policy.claim_page,
    )

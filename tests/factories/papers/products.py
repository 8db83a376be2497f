"""Filled clauses."""

from datetime import date

from selfcard.core.papers import Name, Text
from selfcard.products.papers import ClausesCoverage, ClausesFacts
from tests.factories.papers.policies import a_policy


def some_clauses() -> ClausesFacts:
    return ClausesFacts(
        number="AC-SEN-3",
        product=Name(zh="长者关爱意外险", en="Senior Care Accident", code="AC-SEN"),
        version=3,
        published_on=date(2026, 10, 8),
        summary=Text(
            zh="为 66 至 80 周岁人士提供意外身故、伤残、骨折与医疗保障。",
            en="Cover for accidents, for people from 66 to 80: death, disability, fractures, care.",
        ),
        coverages=tuple(
            ClausesCoverage(
                name=item.name, sum_insured=item.sum_insured, conditions=item.conditions
            )
            for item in a_policy().coverages
        ),
        conditions=(
            Text(zh="被保险人年龄 66 至 80 周岁", en="The insured is 66 to 80 years old"),
            Text(zh="最早次日零时起保", en="Cover starts the next day at the earliest"),
        ),
        exclusions=a_policy().exclusions,
        clauses=Text(
            zh="# 总则\n\n第一条 本保险合同由保险条款、保险单、批单组成。"
            "\n凡涉及本合同的约定，均应采用书面形式。"
            "\n\n第二条 身体健康、能正常生活的自然人可作为被保险人。\n\n# 保险责任\n\n"
            "第三条 在保险期间内，被保险人遭受意外伤害，保险人按下列约定给付保险金：\n\n"
            "- 意外身故：按保险金额给付；\n- 意外伤残：按伤残等级对应的比例给付。",
            en="# General\n\nArticle 1. The contract consists of these clauses, the policy and any "
            "endorsement.\n\nArticle 2. Anybody in ordinary health may be insured.\n\n# What is "
            "paid\n\nArticle 3. After an accident within the insured period the insurer pays:\n\n"
            "- for death, the sum insured;\n- for disability, the share that its grade sets.",
        ),
    )

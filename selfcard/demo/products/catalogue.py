"""The demo insurer's products as data. Their bounds differ, so that each rule refuses somebody."""

from dataclasses import dataclass, field
from decimal import Decimal

from selfcard.core.papers.facts import Text
from selfcard.products.ages import Age, AgeRange, Length, LengthUnit
from selfcard.products.cancelling import Repayment
from selfcard.products.details import USUAL_DETAILS, Detail
from selfcard.products.given import CoverageGiven
from selfcard.products.people import Relationship, Sex
from selfcard.products.rules import Rules

TAX_RATE = Decimal("0.06")
# What of the unearned premium the insurer keeps for its expenses, as is usual for short terms.
EXPENSES = Decimal("0.35")


MEDICAL = Text(zh="病历和诊断证明", en="medical records with the diagnosis")
BILLS = Text(zh="费用清单和收据", en="bills and receipts")
REPORT = Text(zh="事故证明", en="a report of the accident")
X_RAYS = Text(zh="影像检查报告", en="X-rays or scans")
KINSHIP = Text(
    zh="出生证明或者户口簿", en="the child's birth certificate or the household register"
)
TICKETS = Text(zh="车票或者登机牌", en="tickets or boarding passes")
LATENESS = Text(zh="承运人的延误证明", en="the carrier's word that it was late")
LICENCES = Text(zh="驾驶证和行驶证", en="driving licence and vehicle licence")
POLICE = Text(zh="交警的事故认定书", en="the traffic police's report")
DAMAGE = Text(
    zh="受损财物的照片和购买凭证", en="photos of what was damaged, with proofs of purchase"
)


@dataclass(frozen=True, kw_only=True)
class ProductOf:
    """A product of the demo; `passages` are the files that say what it covers."""

    code: str
    kind: str
    name: Text
    summary: Text
    rules: Rules
    who: Text
    coverages: tuple[CoverageGiven, ...]
    exclusions: tuple[Text, ...]
    passages: tuple[str, ...]
    claim_papers: tuple[Text, ...] = (MEDICAL, BILLS, REPORT)
    claim_hours: int = 48
    definitions: Text = field(default_factory=lambda: Text(zh="", en=""))
    tax_rate: Decimal | None = TAX_RATE


def _cover(
    zh: str,
    en: str,
    amount: int,
    terms: tuple[str, str] | None = None,
    *,
    deductible: int = 0,
    percent: int = 100,
    minors: bool = False,
) -> CoverageGiven:
    return CoverageGiven(
        name=Text(zh=zh, en=en),
        sum_insured=Decimal(amount),
        deductible=Decimal(deductible),
        paid_share=Decimal(percent) / 100,
        terms=Text(zh=terms[0], en=terms[1]) if terms else None,
        counts_for_minors=minors,
    )


def _asks(*codes: str) -> tuple[Detail, ...]:
    return tuple(USUAL_DETAILS[code] for code in codes)


def _years(lowest: int, highest: int) -> AgeRange:
    return AgeRange(Age(years=lowest), Age(years=highest))


WITHIN_180_DAYS = ("自事故发生之日起180日内。", "Within 180 days of the accident.")
ILLNESS = Text(
    zh="任何疾病，包括猝死、中暑和高原反应",
    en="Illness of any kind, also sudden death, heatstroke and altitude sickness",
)
DRINKING = Text(
    zh="酒后驾驶、无有效驾驶证驾驶或者驾驶无有效行驶证的机动车",
    en="Driving after drinking, without a valid licence, or in an unlicensed vehicle",
)
RISKY_SPORT = Text(
    zh="潜水、跳伞、攀岩、探险、武术比赛、特技表演、赛马或者赛车",
    en="Diving, parachuting, climbing, exploring, fighting contests, stunts, and racing",
)
PREGNANCY = Text(
    zh="妊娠、流产、分娩以及由此引起的并发症",
    en="Pregnancy, miscarriage, childbirth and what follows from them",
)

PRODUCTS = (
    ProductOf(
        code="ACC-STD",
        kind="accident",
        name=Text(zh="安心意外险", en="Everyday Accident"),
        summary=Text(
            zh="在家、上班、路上，各种意外都管。",
            en="For accidents of every kind, at home, at work and on the way.",
        ),
        rules=Rules(
            insured_age=_years(6, 75),
            occupation_classes=(1, 2, 3, 4),
            excluded_occupations=("0603002",),
            policies_per_insured=2,
            cooling_off_days=15,
            expense_rate=EXPENSES,
        ),
        who=Text(
            zh="被保险人应当为六周岁以上、七十五周岁以下，从事一至四类职业（外卖骑手除外）、能够正常工作或者生活的人。",
            en="The insured is from 6 to 75 years old, works in an occupation of class 1 to 4"
            " (except as a food delivery rider), and is able to work or live normally.",
        ),
        coverages=(
            _cover("意外身故、伤残", "Death or disability by accident", 100_000,
                   WITHIN_180_DAYS, minors=True),
            _cover("意外医疗", "Medical costs after an accident", 10_000,
                   deductible=100, percent=80),
            _cover("意外住院津贴", "Hospital allowance", 4_500,
                   ("每日50元，第四日起，每次事故最长90日。",
                    "CNY 50 a day from the fourth day, for at most 90 days an accident.")),
        ),
        exclusions=(ILLNESS, RISKY_SPORT, DRINKING, PREGNANCY),
        passages=("general_accident", "hospital"),
    ),
    ProductOf(
        code="ACC-SEN",
        kind="accident",
        name=Text(zh="长者关爱意外险", en="Senior Care"),
        summary=Text(
            zh="摔倒、骨折、救护车，为上了年纪的家人准备。",
            en="For falls, broken bones and other accidents later in life.",
        ),
        rules=Rules(
            insured_age=_years(50, 85),
            occupation_classes=(1, 2),
            relationships=(Relationship.SELF, Relationship.SPOUSE, Relationship.PARENT),
            cooling_off_days=15,
            expense_rate=EXPENSES,
        ),
        who=Text(
            zh="被保险人应当为五十周岁以上、八十五周岁以下，从事一、二类职业或者已退休的人，且为投保人本人、配偶或者父母。",
            en="The insured is from 50 to 85 years old, is retired or works in an occupation of"
            " class 1 or 2, and is the applicant, or the applicant's husband, wife, father or"
            " mother.",
        ),
        coverages=(
            _cover("意外身故、伤残", "Death or disability by accident", 50_000,
                   WITHIN_180_DAYS, minors=True),
            _cover("意外医疗", "Medical costs after an accident", 15_000,
                   deductible=100, percent=80),
            _cover("意外骨折津贴", "Broken bones", 3_000,
                   ("每一保险期间一次。", "Once in the period of insurance.")),
            _cover("救护车费用", "Ambulance", 1_000),
        ),
        exclusions=(
            ILLNESS,
            Text(zh="骨质疏松引起的病理性骨折", en="Bones that break because of an illness"),
            RISKY_SPORT,
            DRINKING,
        ),
        passages=("general_accident", "fracture"),
        claim_papers=(MEDICAL, X_RAYS, BILLS, REPORT),
    ),
    ProductOf(
        code="ACC-WOM",
        kind="accident",
        name=Text(zh="她安心意外险", en="Women's Accident"),
        summary=Text(
            zh="为十八至六十岁女性设计的意外和住院保障。",
            en="Accident and hospital cover for women from 18 to 60.",
        ),
        rules=Rules(
            insured_age=_years(18, 60),
            sexes=(Sex.FEMALE,),
            occupation_classes=(1, 2, 3),
            cooling_off_days=15,
            expense_rate=EXPENSES,
        ),
        who=Text(
            zh="被保险人应当为十八周岁以上、六十周岁以下，从事一至三类职业的女性。",
            en="The insured is a woman from 18 to 60 years old who works in an occupation of"
            " class 1 to 3.",
        ),
        coverages=(
            _cover("意外身故、伤残", "Death or disability by accident", 120_000,
                   WITHIN_180_DAYS, minors=True),
            _cover("意外医疗", "Medical costs after an accident", 12_000,
                   deductible=100, percent=90),
            _cover("意外住院津贴", "Hospital allowance", 7_200,
                   ("每日80元，第四日起，每次事故最长90日。",
                    "CNY 80 a day from the fourth day, for at most 90 days an accident.")),
        ),
        exclusions=(ILLNESS, PREGNANCY, RISKY_SPORT, DRINKING),
        passages=("general_accident", "hospital"),
    ),
    ProductOf(
        code="TRV-TRIP",
        kind="travel",
        name=Text(zh="畅行旅程险", en="One Journey"),
        summary=Text(
            zh="一次旅行十五天，可以全家一起。",
            en="One journey of fifteen days, for up to four people.",
        ),
        rules=Rules(
            insured_age=_years(1, 75),
            insured_highest=4,
            occupation_classes=(1, 2, 3, 4, 5),
            starts_latest=60,
            length=Length(15, LengthUnit.DAYS),
            repayment=Repayment.NOTHING,
        ),
        who=Text(
            zh="被保险人应当为一周岁以上、七十五周岁以下，从事一至五类职业的人；一份保险单承保一至四人。",
            en="The insured are from 1 to 75 years old and work in occupations of class 1 to 5;"
            " one policy insures one to four people.",
        ),
        coverages=(
            _cover("意外身故、伤残", "Death or disability by accident", 150_000,
                   WITHIN_180_DAYS, minors=True),
            _cover("航空意外身故、伤残", "Death or disability in an airliner", 500_000),
            _cover("意外医疗", "Medical costs after an accident", 20_000,
                   deductible=100, percent=80),
            _cover("紧急救援", "Emergency assistance", 50_000,
                   ("由救援机构安排。", "Arranged by the assistance centre.")),
            _cover("旅程延误", "Delay", 600,
                   ("每满四小时300元。", "CNY 300 for every full four hours.")),
        ),
        exclusions=(
            ILLNESS,
            RISKY_SPORT,
            DRINKING,
            Text(
                zh="前往出发前主管部门已提示不宜前往的地区",
                en="Journeys to places that the authorities warned against before the departure",
            ),
        ),
        passages=("general_accident", "journey"),
        claim_papers=(MEDICAL, BILLS, REPORT, TICKETS, LATENESS),
        claim_hours=72,
        definitions=Text(
            zh="- 常住地：投保时填写的通讯地址所在地。",
            en="- Residence: the place of the address given in the application.",
        ),
    ),
    ProductOf(
        code="TRV-YEAR",
        kind="travel",
        name=Text(zh="交通出行险", en="Traffic and Travel"),
        summary=Text(
            zh="乘飞机、坐车、开车途中的意外，一年有效。",
            en="For accidents while you ride, fly or drive. For a year.",
        ),
        rules=Rules(
            insured_age=_years(18, 75),
            relationships=(Relationship.SELF, Relationship.SPOUSE),
            cooling_off_days=15,
            expense_rate=EXPENSES,
        ),
        who=Text(
            zh="被保险人应当为十八周岁以上、七十五周岁以下的人，职业不限，且为投保人本人或者配偶。",
            en="The insured is from 18 to 75 years old, in any occupation, and is the applicant or"
            " the applicant's husband or wife.",
        ),
        coverages=(
            _cover("民航客机意外身故、伤残", "Death or disability in an airliner", 1_000_000),
            _cover("列车、轮船、地铁意外身故、伤残",
                   "Death or disability in a train, ship or underground train", 500_000,
                   minors=True),
            _cover("汽车意外身故、伤残", "Death or disability in a car, bus or taxi", 200_000),
            _cover("交通意外医疗", "Medical costs after such an accident", 10_000, percent=90),
        ),
        exclusions=(
            Text(zh="交通工具以外的意外", en="Accidents outside a means of transport"),
            Text(
                zh="驾驶或者乘坐摩托车、电动自行车、货车",
                en="Motorcycles, electric bicycles and lorries",
            ),
            DRINKING,
            Text(zh="从事营运车辆驾驶工作期间", en="While driving for a living"),
        ),
        passages=("traffic",),
        claim_papers=(MEDICAL, BILLS, TICKETS, POLICE),
    ),
    ProductOf(
        code="FAM-ALL",
        kind="family",
        name=Text(zh="合家安康险", en="Whole Family"),
        summary=Text(
            zh="一张保单保全家，两人至五人，家里的财物也一起保。",
            en="One policy for two to five of a family, and for the home they live in.",
        ),
        rules=Rules(
            insured_age=AgeRange(Age(days=28), Age(years=65)),
            insured_lowest=2,
            insured_highest=5,
            occupation_classes=(1, 2, 3),
            relationships=(
                Relationship.SELF,
                Relationship.SPOUSE,
                Relationship.CHILD,
                Relationship.WARD,
                Relationship.PARENT,
            ),
            details=_asks("home_address", "home_ownership", "home_area"),
            cooling_off_days=15,
            expense_rate=EXPENSES,
        ),
        who=Text(
            zh="被保险人应当为出生满二十八日、六十五周岁以下，从事一至三类职业的家庭成员；一份保险单承保二至五人。",
            en="The insured are members of one family, from 28 days to 65 years old, in occupations"
            " of class 1 to 3; one policy insures two to five people.",
        ),
        coverages=(
            _cover("意外身故、伤残（每人）", "Death or disability by accident, each person", 80_000,
                   WITHIN_180_DAYS, minors=True),
            _cover("意外医疗（每人）", "Medical costs after an accident, each person", 8_000,
                   deductible=100, percent=80),
            _cover("家庭财产", "Household goods", 50_000, deductible=200),
        ),
        exclusions=(
            ILLNESS,
            RISKY_SPORT,
            DRINKING,
            Text(
                zh="无人居住超过六十日的住宅内的损失",
                en="Losses in a home where nobody lived for more than sixty days",
            ),
        ),
        passages=("general_accident", "home"),
        claim_papers=(MEDICAL, BILLS, REPORT, DAMAGE),
        tax_rate=None,
    ),
    ProductOf(
        code="FAM-KID",
        kind="family",
        name=Text(zh="少儿平安险", en="Children's Accident"),
        summary=Text(
            zh="出生满28天到17岁，骨折、烫伤、闯祸都有保障。",
            en="From 28 days to 17 years: broken bones, burns, and the damage children do.",
        ),
        rules=Rules(
            insured_age=AgeRange(Age(days=28), Age(years=17)),
            applicant_age=_years(18, 65),
            occupation_classes=(1,),
            relationships=(Relationship.CHILD, Relationship.WARD),
            insured_highest=3,
            cooling_off_days=15,
            expense_rate=EXPENSES,
        ),
        who=Text(
            zh="被保险人应当为出生满二十八日、未满十八周岁的人，由父母或者其他法定监护人投保；一份保险单承保一至三人。",
            en="The insured are from 28 days to 17 years old and are insured by a parent or"
            " guardian of at most 65; one policy insures one to three children.",
        ),
        coverages=(
            _cover("意外身故、伤残（每人）", "Death or disability by accident, each child", 150_000,
                   WITHIN_180_DAYS, minors=True),
            _cover("意外医疗（每人）", "Medical costs after an accident, each child", 20_000,
                   ("无免赔，给付100%。", "All costs, with no deductible.")),
            _cover("意外骨折、烧烫伤津贴", "Broken bones and burns", 2_000,
                   ("每一保险期间一次。", "Once in the period of insurance.")),
            _cover("监护人责任", "Liability of the guardian", 10_000, deductible=200),
        ),
        exclusions=(
            ILLNESS,
            Text(
                zh="先天性疾病、遗传性疾病和预防接种反应",
                en="Congenital and hereditary illness, and reactions to vaccination",
            ),
            RISKY_SPORT,
        ),
        passages=("general_accident", "child"),
        claim_papers=(MEDICAL, X_RAYS, BILLS, REPORT, KINSHIP),
        tax_rate=None,
    ),
    ProductOf(
        code="DRV-CAR",
        kind="driver",
        name=Text(zh="驾乘无忧险", en="Driver and Passengers"),
        summary=Text(
            zh="保驾驶人，也保同车的人，按号牌投保。",
            en="For the driver and whoever rides along, by number plate.",
        ),
        rules=Rules(
            insured_age=_years(18, 70),
            applicant_age=_years(18, 70),
            occupation_classes=(1, 2, 3),
            excluded_occupations=("0601005",),
            relationships=(Relationship.SELF,),
            regions=("31", "32", "33", "34", "51"),
            details=_asks("vehicle_plate", "vehicle_seats", "vehicle_use"),
            cooling_off_days=15,
            expense_rate=EXPENSES,
        ),
        who=Text(
            zh="被保险人应当为十八周岁以上、七十周岁以下，持有效驾驶证，从事一至三类职业且不以驾驶为业的投保人本人，通讯地址在上海、江苏、浙江、安徽或者四川。",
            en="The insured is the applicant, from 18 to 70 years old, with a valid licence, in an"
            " occupation of class 1 to 3 and not driving for a living, with an address in Shanghai,"
            " Jiangsu, Zhejiang, Anhui or Sichuan.",
        ),
        coverages=(
            _cover("驾驶意外身故、伤残", "Death or disability while driving", 300_000,
                   WITHIN_180_DAYS, minors=True),
            _cover("驾驶意外医疗", "Medical costs after such an accident", 30_000,
                   deductible=100, percent=90),
            _cover("误工津贴", "Loss of earnings", 6_000,
                   ("每日100元，第四日起，每次事故最长60日。",
                    "CNY 100 a day from the fourth day, for at most 60 days an accident.")),
            _cover("乘客身故、伤残（每座）", "Death or disability of a passenger, a seat", 50_000),
        ),
        exclusions=(
            DRINKING,
            Text(
                zh="将车辆用于营业性运输、出租或者网络预约客运",
                en="Using the car for hire, transport for money or ride-hailing",
            ),
            Text(zh="参加竞赛、表演或者测试", en="Racing, shows and tests"),
            Text(zh="车辆未按规定检验", en="A car that is overdue for inspection"),
        ),
        passages=("driver",),
        claim_papers=(MEDICAL, BILLS, POLICE, LICENCES),
    ),
)  # fmt: skip

# What the cards of each document type may become.
CHOICES = {
    "AC-050": ("ACC-STD", "ACC-SEN", "ACC-WOM"),
    "TR-100": ("TRV-TRIP", "TRV-YEAR"),
    "FA-150": ("FAM-ALL", "FAM-KID"),
    "DR-200": ("DRV-CAR",),
}

"""The demo insurer's organisations, people and agencies, as data."""

from typing import NamedTuple

from selfcard.organisations.models import May


class Place(NamedTuple):
    code: str
    parent: str
    level: str
    name_zh: str
    name_en: str


class Person(NamedTuple):
    code: str
    organisation: str
    name_zh: str
    name_en: str
    title_zh: str
    title_en: str
    mays: tuple[May, ...]


PLACES = (
    Place("10", "", "head_office", "灯塔保险总公司", "Lantern Insurance head office"),
    Place("1090", "10", "department", "运营管理部", "Operations department"),
    Place("11", "10", "branch", "杭州中心支公司", "Hangzhou branch"),
    Place("12", "10", "branch", "南京中心支公司", "Nanjing branch"),
    Place("13", "10", "branch", "成都中心支公司", "Chengdu branch"),
    Place("1101", "11", "institution", "西湖支公司", "Xihu institution"),
    Place("1102", "11", "institution", "萧山支公司", "Xiaoshan institution"),
    Place("1103", "11", "institution", "余杭支公司", "Yuhang institution"),
    Place("1201", "12", "institution", "玄武支公司", "Xuanwu institution"),
    Place("1202", "12", "institution", "江宁支公司", "Jiangning institution"),
    Place("1301", "13", "institution", "锦江支公司", "Jinjiang institution"),
    Place("1302", "13", "institution", "武侯支公司", "Wuhou institution"),
    Place("1303", "13", "institution", "青羊支公司", "Qingyang institution"),
    Place("110101", "1101", "department", "西湖业务一部", "Xihu sales department"),
    Place("110102", "1101", "department", "西湖客户服务部", "Xihu customer service"),
    Place("110201", "1102", "department", "萧山业务部", "Xiaoshan sales department"),
    Place("110301", "1103", "department", "余杭业务部", "Yuhang sales department"),
    Place("120101", "1201", "department", "玄武业务部", "Xuanwu sales department"),
    Place("120201", "1202", "department", "江宁业务部", "Jiangning sales department"),
    Place("130101", "1301", "department", "锦江业务部", "Jinjiang sales department"),
    Place("130201", "1302", "department", "武侯业务部", "Wuhou sales department"),
    Place("130301", "1303", "department", "青羊业务部", "Qingyang sales department"),
)

KEEPS_CARDS = (
    May.SEE_CARDS,
    May.ISSUE_CARDS,
    May.CHECK_IN_CARDS,
    May.HOLD_CARDS,
    May.REQUEST_CARDS,
    May.RECALL_CARDS,
    May.FREEZE_CARDS,
    May.WRITE_OFF_CARDS,
    May.COUNT_STOCK,
)
SELLS = (
    May.REGISTER_SALES,
    May.SEE_SALES,
    May.ISSUE_RECEIPTS,
    May.RECALL_SALES,
    May.ISSUE_PAYMENTS,
    May.SEE_PAYMENTS,
    May.SEE_POLICIES,
    May.CANCEL_POLICIES,
    May.CHANGE_POLICIES,
)
TAKES_MONEY = (
    May.CONFIRM_RECEIPTS,
    May.CONFIRM_PAYMENTS,
    May.KEEP_ADVANCES,
    May.KEEP_DRAWER,
    May.SEE_PAYMENTS,
    May.SEE_SALES,
)
MANAGES = (
    May.SEE_CARDS,
    May.SEE_SALES,
    May.FREEZE_CARDS,
    May.APPROVE_WRITE_OFFS,
    May.APPROVE_SALES,
    May.APPROVE_ENDORSEMENTS,
    May.CLOSE_DRAWERS,
    May.SEE_PAYMENTS,
    May.SEE_POLICIES,
)
SEES_ALL = (May.SEE_CARDS, May.SEE_SALES, May.SEE_PAYMENTS, May.SEE_POLICIES)

KEEPER = ("单证管理员", "Document administrator")
MANAGER = ("支公司经理", "Branch manager")
SALES = ("业务员", "Sales representative")
CASHIER = ("财务出纳", "Cashier")

PEOPLE = (
    Person("H001", "10", "陈国华", "Chen Guohua", "系统管理员", "System administrator",
           (May.ADMINISTER, *SEES_ALL)),
    Person("H002", "10", "林晓梅", "Lin Xiaomei", *KEEPER,
           (May.DEFINE_TYPES, May.ORDER_BATCHES, May.RELEASE_PRINT, *KEEPS_CARDS, *SEES_ALL)),
    Person("H003", "10", "王志远", "Wang Zhiyuan", "运营经理", "Operations manager",
           (May.APPROVE_BATCHES, May.RELEASE_PRINT, May.APPROVE_WRITE_OFFS, May.FREEZE_CARDS,
            May.APPROVE_SALES, May.APPROVE_ENDORSEMENTS, May.CLOSE_BOOKS, May.CLOSE_DRAWERS,
            *SEES_ALL)),
    Person("H004", "10", "赵敏", "Zhao Min", "产品经理", "Product manager",
           (May.DEFINE_PRODUCTS, *SEES_ALL)),
    Person("H005", "10", "孙立", "Sun Li", "精算师", "Actuary",
           (May.PUBLISH_PRODUCTS, *SEES_ALL)),
    Person("H006", "10", "艾琳·克拉克", "Irene Clarke", "内部审计", "Internal auditor",
           (May.AUDIT, *SEES_ALL)),
    Person("H007", "10", "何雨晴", "He Yuqing", "客服专员", "Customer service operator",
           (May.ACTIVATE_FOR_CUSTOMER, May.UNLOCK_CARDS, May.HANDLE_CLAIMS, *SEES_ALL)),
    Person("B1101", "11", "王磊", "Wang Lei", *KEEPER,
            (*KEEPS_CARDS, *SELLS, May.GIVE_AWAY)),
    Person("B1103", "11", "方明", "Fang Ming", *MANAGER, MANAGES),
    Person("B1102", "11", "吴丽娟", "Wu Lijuan", *CASHIER, TAKES_MONEY),
    Person("B1201", "12", "郑浩", "Zheng Hao", *KEEPER, (*KEEPS_CARDS, *SELLS)),
    Person("B1203", "12", "范雨", "Fan Yu", *MANAGER, MANAGES),
    Person("B1202", "12", "冯静", "Feng Jing", *CASHIER, TAKES_MONEY),
    Person("B1301", "13", "唐韵", "Tang Yun", *KEEPER, (*KEEPS_CARDS, *SELLS)),
    Person("B1303", "13", "石磊", "Shi Lei", *MANAGER, MANAGES),
    Person("B1302", "13", "彭飞", "Peng Fei", *CASHIER, TAKES_MONEY),
    Person("S110101", "1101", "陈静", "Chen Jing", *KEEPER, (*KEEPS_CARDS, *SELLS)),
    Person("S110102", "1101", "周婷", "Zhou Ting", *SALES, (May.HOLD_CARDS, May.SEE_CARDS)),
    Person("S110103", "1101", "刘洋", "Liu Yang", *SALES, (May.HOLD_CARDS, May.SEE_CARDS)),
    Person("S110104", "1101", "何志强", "He Zhiqiang", *SALES, (May.HOLD_CARDS, May.SEE_CARDS)),
    Person("S110105", "1101", "马晓燕", "Ma Xiaoyan", *SALES, (May.HOLD_CARDS, May.SEE_CARDS)),
    Person("S110201", "1102", "沈涛", "Shen Tao", *KEEPER, (*KEEPS_CARDS, *SELLS)),
    Person("S110301", "1103", "韩雪", "Han Xue", *KEEPER, (*KEEPS_CARDS, *SELLS)),
    Person("S120101", "1201", "邓超群", "Deng Chaoqun", *KEEPER, (*KEEPS_CARDS, *SELLS)),
    Person("S120201", "1202", "曹雯", "Cao Wen", *KEEPER, (*KEEPS_CARDS, *SELLS)),
    Person("S130101", "1301", "谢明", "Xie Ming", *KEEPER, (*KEEPS_CARDS, *SELLS)),
    Person("S130201", "1302", "罗欣怡", "Luo Xinyi", *KEEPER, (*KEEPS_CARDS, *SELLS)),
    Person("S130301", "1303", "蒋𬱖", "Jiang Wei", *KEEPER, (*KEEPS_CARDS, *SELLS)),
)  # fmt: skip


class AgencyOf(NamedTuple):
    code: str
    name_zh: str
    name_en: str
    kind: str
    licence: str


AGENCIES = (
    AgencyOf("A001", "安途保险代理有限公司", "Antu Insurance Agency", "agency", "AG2601100001"),
    AgencyOf("A002", "江南旅行社", "Jiangnan Travel Service", "concurrent_agency", "CA2601100207"),
    AgencyOf("A003", "远航保险经纪有限公司", "Yuanhang Brokers", "broker", "BR2601100033"),
)

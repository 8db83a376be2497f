"""What has happened to the demo company's customers: three notices of claim, each at its stage."""

from datetime import timedelta
from io import BytesIO

from PIL import Image, ImageDraw

from selfcard.claims.commands import add_to_notice, look_at_notice, record_notice, take_notice
from selfcard.claims.given import NoticeGiven
from selfcard.claims.models import Harm, Notice
from selfcard.core import clock
from selfcard.core.actor import Actor, Channel
from selfcard.core.attachments import attachment_of
from selfcard.custody.models import Holding
from selfcard.custody.statuses import CardStatus
from selfcard.demo.cast import as_, days_ago, deed
from selfcard.policies.models import Policy

HANDLER = "H007"


def report_claims() -> None:
    """One is closed, one waits with its photo, and one is for a card that nobody has paid for."""
    live = Policy.objects.filter(state=Policy.State.ISSUED, ends_at__gt=clock.now())
    fell, ill = live.order_by("number")[:2]
    with days_ago(9):
        first = _reported(
            fell,
            Harm.INJURY,
            "下楼时踩空，右脚踝扭伤，当天去医院拍了片。",
            place="文三路地铁站C口",
            hurt="本人，右脚踝",
            reporter=fell.name,
        )
    with days_ago(8):
        take_notice(notice=first, **as_(HANDLER))
        look_at_notice(
            notice=first,
            words="已转理赔系统，赔案号 LP2600417。",
            is_last=True,
            **as_(HANDLER),
        )
    second = _reported(
        ill,
        Harm.ILLNESS,
        "旅途中急性肠胃炎，住院三天。",
        place="市第一医院",
        hurt="本人",
        reporter=ill.name,
    )
    add_to_notice(
        notice=second,
        words="出院小结和费用单据见照片。",
        attachments=[attachment_of("出院小结.jpg", _a_photo())],
        **deed(_holder()),
    )
    _reported(
        None,
        Harm.INJURY,
        "骑车摔倒，左手骨折。卡是朋友送的，还没有激活。",
        place="西湖文化广场",
        hurt="持卡人本人",
        reporter="钱多多",
    )


def _reported(policy: Policy | None, harm: Harm, story: str, **said: str) -> Notice:
    unpaid = Holding.objects.filter(status=CardStatus.SOLD).earliest("pk")
    return record_notice(
        policy=policy,
        serial=None if policy else unpaid.run.first,
        given=NoticeGiven(
            harm=harm,
            happened_at=clock.now() - timedelta(hours=5),
            hour_known=True,
            region="330106",
            story=story,
            phone="+8613955501234",
            **said,
        ),
        **deed(_holder()),
    )


def _holder() -> Actor:
    return Actor.holder(Channel.PORTAL, "127.0.0.1")


def _a_photo() -> bytes:
    """A sheet of paper on a table, as somebody photographs it."""
    photo = Image.new("RGB", (900, 1200), (120, 104, 88))
    pen = ImageDraw.Draw(photo)
    pen.rectangle((90, 80, 810, 1120), fill=(250, 249, 244))
    for line in range(14):
        pen.line((150, 220 + 60 * line, 700 - 40 * (line % 3), 220 + 60 * line), (90, 90, 96), 6)
    drawn = BytesIO()
    photo.save(drawn, "JPEG")
    return drawn.getvalue()

"""What the tests of the way back's pages do alike: name cards, send forms, read what is said."""

import re
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.test import Client
from django.urls import reverse

from selfcard.organisations.models import Staff
from selfcard.sales.models import Recovery, Sale
from tests.factories.sales import Shop

GUIDE = "/office/ways-back/"
A_COMPANY = "杭州绿源物业服务有限公司"
BANK = {
    "way": "payee",
    "payee_name": A_COMPANY,
    "payee_bank": "工商银行",
    "payee_account": "1202 0201 0990 0123",
}


def entered(staff: Staff) -> Client:
    client = Client()
    client.force_login(staff, backend=settings.AUTHENTICATION_BACKENDS[-1])
    return client


def of_sale(sale: Sale) -> str:
    return f"{GUIDE}?sale={sale.number}"


def of_range(shop: Shop, first: int, last: int) -> str:
    run = shop.run(first, last)
    return f"{GUIDE}?first={run.first}&last={run.last}"


def said(answer: Any) -> str:
    """What a page says, without its marks and without more than one space in a row."""
    text = re.sub(r"<[^>]*>", " ", re.findall(r"<main.*</main>", answer.content.decode(), re.S)[0])
    return re.sub(r"(?<=[¥−]) | (?=[,.])", "", " ".join(text.split()))


def take_back(client: Client, address: str, **given: Any) -> Any:
    """Send the form of the guided page as it is shown."""
    form = client.get(address).context["form"]
    assert form is not None, "the page offers its first step"
    data = {
        "request_id": uuid4(),
        "shown": form.initial["shown"],
        "reason": "brought back",
        "asks_for_the_rest": "on",
        **given,
    }
    return client.post(address, data)


def scratched(shop: Shop, first: int, last: int) -> dict[str, Any]:
    run = shop.run(first, last)
    return {"scratched-first": run.first, "scratched-last": run.last, "scratched-count": ""}


def a_recovery(shop: Shop, first: int = 1, last: int = 5, payer: str = "") -> Recovery:
    sale = shop.sell((first, last))
    shop.settle(shop.ask(sale, payer_name=payer) if payer else shop.ask(sale))
    take_back(entered(shop.insurer.keeper), of_sale(sale))
    return Recovery.objects.latest("id")


def ask(client: Client, recovery: Recovery, **where: Any) -> Any:
    page = reverse("office:ways_back:pay_back", args=[recovery.number])
    return client.post(page, {"request_id": uuid4(), **where})


def pay(shop: Shop, recovery: Recovery) -> None:
    page = ask(entered(shop.insurer.keeper), recovery, way="original").url
    paid = {
        "request_id": uuid4(),
        "tenders-0-kind": "cash",
        "tenders-0-amount": recovery.amount,
    }
    assert entered(shop.insurer.cashier).post(page, paid).status_code == 302

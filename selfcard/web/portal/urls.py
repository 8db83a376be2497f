"""The portal's addresses. No card number, PIN or name is ever in one of them; a policy's number
only in the one that is printed on its paper.
"""

from django.urls import path

from selfcard.web.portal import (
    authenticity,
    cards,
    claims,
    line,
    manual,
    phones,
    picks,
    pin_links,
    views,
)
from selfcard.web.portal.visit import filling_in

app_name = "portal"
question = filling_in(line.question)

urlpatterns = [
    path("", views.start, name="start"),
    path("from-sms/<slug:device>", views.from_sms, name="from_sms"),
    path("pin/<slug:token>", pin_links.enter, name="pin_link"),
    path("pin/entered/", pin_links.entered, name="pin_entered"),
    path("card/", views.card, name="card"),
    path("card/code/", phones.ask_for_card, name="ask_code_for_card"),
    path("card/begin-afresh/", views.begin_afresh, name="begin_afresh"),
    path("product/", filling_in(line.product), name="product"),
    path("start-of-cover/", question, {"name": "starts"}, name="starts"),
    path("insured/<int:place>/", question, {"name": "insured"}, name="insured"),
    path("insured/", filling_in(line.people), name="people"),
    path("applicant/", question, {"name": "applicant"}, name="applicant"),
    path("paid-on-death/", question, {"name": "paid"}, name="paid"),
    path("details/", question, {"name": "details"}, name="details"),
    path("found/<str:kind>/", picks.found, name="found"),
    path("contact/", question, {"name": "contact"}, name="contact"),
    path("declarations/", filling_in(line.declarations), name="declarations"),
    path("check-answers/", filling_in(line.check), name="check"),
    path("done/", views.done, name="done"),
    path("look-up/", views.look_up, name="look_up"),
    path("look-up/code/", phones.ask, name="ask_code"),
    path("code/", phones.code, name="code"),
    path("code/again/", phones.again, name="code_again"),
    path("check/", authenticity.check, name="check_policy"),
    path("check/<str:code>", authenticity.scanned, name="scanned"),
    # As a QR code has it, in which capitals take less room.
    path("CHECK/<str:code>", authenticity.scanned),
    path("keys/", authenticity.keys, name="keys"),
    path("keys/root.pem", authenticity.root_certificate, name="root_certificate"),
    path("keys/codes.json", authenticity.keys_of_codes, name="keys_of_codes"),
    path("policy/", views.policy, name="policy"),
    path("policy/paper/", views.policy_paper, name="policy_paper"),
    path("policy/contact/", phones.start_change, name="change_contact"),
    path("policy/contact/new/", phones.new_contact, name="new_contact"),
    path("demonstration/telephone/", phones.telephone, name="telephone"),
    path("policy/card/", cards.policy_card, name="policy_card"),
    path("policy/card/paper/", cards.paper, name="policy_card_paper"),
    path("policy/card/<str:side>.png", cards.picture, name="policy_card_picture"),
    path("claim/", claims.how, name="claim"),
    path("claim/report/", claims.report, name="report_claim"),
    path("claim/<str:number>/", claims.notice, name="notice"),
    path("clauses/<int:version_id>/<str:language>/", views.clauses, name="clauses"),
    path("manual/", manual.manuals, name="manuals"),
    path("manual/<str:code>/", manual.manual, name="manual"),
    path("manual/<str:code>/<int:number>/", manual.manual, name="manual_of_version"),
    path("manual/<str:code>/<int:number>/<str:language>.pdf", manual.leaflet, name="leaflet"),
    path("privacy/", views.privacy, name="privacy"),
    path("leave/", views.leave, name="leave"),
]

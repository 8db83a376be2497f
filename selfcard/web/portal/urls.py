"""The portal's addresses. No card number, PIN or name is ever in one of them; a policy's number
only in the one that is printed on its paper.
"""

from django.urls import path

from selfcard.web.portal import line, picks, views

app_name = "portal"

urlpatterns = [
    path("", views.start, name="start"),
    path("card/", views.card, name="card"),
    path("card/begin-afresh/", views.begin_afresh, name="begin_afresh"),
    path("product/", line.product, name="product"),
    path("start-of-cover/", line.question, {"name": "starts"}, name="starts"),
    path("insured/<int:place>/", line.question, {"name": "insured"}, name="insured"),
    path("insured/", line.people, name="people"),
    path("applicant/", line.question, {"name": "applicant"}, name="applicant"),
    path("paid-on-death/", line.question, {"name": "paid"}, name="paid"),
    path("details/", line.question, {"name": "details"}, name="details"),
    path("found/<str:kind>/", picks.found, name="found"),
    path("contact/", line.question, {"name": "contact"}, name="contact"),
    path("declarations/", line.declarations, name="declarations"),
    path("check-answers/", line.check, name="check"),
    path("done/", views.done, name="done"),
    path("look-up/", views.look_up, name="look_up"),
    path("check/<str:number>", views.scanned, name="scanned"),
    path("policy/", views.policy, name="policy"),
    path("policy/paper/", views.policy_paper, name="policy_paper"),
    path("clauses/<int:version_id>/<str:language>/", views.clauses, name="clauses"),
    path("privacy/", views.privacy, name="privacy"),
    path("leave/", views.leave, name="leave"),
]

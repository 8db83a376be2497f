from django.urls import path

from selfcard.web.office.desk import agreeing, cases, counter, filling, opening, scanning
from selfcard.web.portal import line

app_name = "desk"
question = filling.in_hand(scanning.question)

urlpatterns = [
    path("", cases.cases, name="list"),
    path("begin/", cases.begin, name="begin"),
    path("<str:number>/", cases.case, name="case"),
    path("<str:number>/link/", opening.link, name="link"),
    path("<str:number>/link/waits/", opening.link_waits, name="link_waits"),
    path("<str:number>/put-down/", cases.put_down, name="put_down"),
    path("<str:number>/language/", cases.speak, name="speak"),
    path("<str:number>/begin-afresh/", cases.begin_afresh, name="begin_afresh"),
    path("<str:number>/chase/", cases.chase, name="chase"),
    path("<str:number>/close/", cases.close, name="close"),
    path("<str:number>/policy.pdf", cases.paper, name="paper"),
    path("<str:number>/sell/", counter.sell, name="sell"),
    path("<str:number>/ask/", counter.ask, name="ask"),
    path("<str:number>/money/waits/", counter.money_waits, name="money_waits"),
    path("<str:number>/copies/", counter.copies_in_hand, name="copies"),
    path("<str:number>/copies/<int:place>/", counter.copy, name="copy"),
    path("<str:number>/product/", filling.in_hand(line.product), name="product"),
    path("<str:number>/start-of-cover/", question, {"name": "starts"}, name="starts"),
    path("<str:number>/insured/<int:place>/", question, {"name": "insured"}, name="insured"),
    path("<str:number>/insured/", filling.in_hand(line.people), name="people"),
    path("<str:number>/applicant/", question, {"name": "applicant"}, name="applicant"),
    path("<str:number>/paid-on-death/", question, {"name": "paid"}, name="paid"),
    path("<str:number>/details/", question, {"name": "details"}, name="details"),
    path("<str:number>/contact/", question, {"name": "contact"}, name="contact"),
    path("<str:number>/declarations/", filling.in_hand(agreeing.agree), name="declarations"),
    path("<str:number>/check-answers/", filling.in_hand(line.check), name="check"),
]

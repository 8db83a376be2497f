from django.urls import path

from selfcard.web.office.sales import (
    agencies,
    buyers,
    charging,
    large_sales,
    lists,
    registration,
    sale,
)

app_name = "sales"

urlpatterns = [
    path("", lists.sales, name="list"),
    path("register/", registration.register, name="register"),
    path("overdue/", lists.overdue, name="overdue"),
    path("to-charge/", lists.to_charge, name="to_charge"),
    path("to-charge/receipt/", charging.issue_together, name="issue_together"),
    path("large/", large_sales.requests, name="large_sales"),
    path("large/<str:number>/", large_sales.large_sale, name="large_sale"),
    path("large/<str:number>/grant/", large_sales.grant, name="grant_large_sale"),
    path("large/<str:number>/refuse/", large_sales.refuse, name="refuse_large_sale"),
    path("large/<str:number>/withdraw/", large_sales.withdraw, name="withdraw_large_sale"),
    path("large/<str:number>/again/", large_sales.ask_again, name="ask_large_sale_again"),
    path("agencies/", agencies.agency_list, name="agencies"),
    path("agencies/register/", agencies.register, name="register_agency"),
    path("agencies/<str:code>/", agencies.agency, name="agency"),
    path("agencies/<str:code>/agreement/", agencies.new_agreement, name="register_agreement"),
    path("agencies/<str:code>/<int:agreement>/end/", agencies.end, name="end_agreement"),
    path("<str:number>/", sale.sale, name="sale"),
    path("<str:number>/phone/", buyers.phone, name="buyer_phone"),
    path("<str:number>/phone/forget/", buyers.forget, name="forget_phone"),
    path("<str:number>/notice-given/", buyers.notice_given, name="notice_given"),
    path("<str:number>/receipt/", charging.issue_receipt, name="issue_receipt"),
]

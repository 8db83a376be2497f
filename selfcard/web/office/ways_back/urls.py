from django.urls import path

from selfcard.web.office.ways_back import guide, recoveries

app_name = "ways_back"

urlpatterns = [
    path("", guide.guide, name="guide"),
    path("recoveries/", recoveries.recoveries, name="recoveries"),
    path("recoveries/<str:number>/", recoveries.recovery, name="recovery"),
    path("recoveries/<str:number>/pay-back/", recoveries.pay_back, name="pay_back"),
    path("recoveries/<str:number>/withdraw/", recoveries.withdraw, name="withdraw"),
]

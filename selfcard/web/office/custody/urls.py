from django.urls import path

from selfcard.web.office.custody import arrivals, issues

app_name = "custody"

urlpatterns = [
    path("issue/", issues.issue, name="issue"),
    path("issues/", issues.issues, name="issues"),
    path("issues/<str:number>/", issues.issue_note, name="issue_note"),
    path("issues/<str:number>/found/", arrivals.found_again, name="found_again"),
    path("check-in/", arrivals.check_ins, name="check_ins"),
    path("check-in/<str:number>/", arrivals.check_in, name="check_in"),
    path("check-in/printed/<str:number>/", arrivals.check_in_printed, name="check_in_printed"),
]

"""Addresses: the portal at the root, the office below /office/, signing in, and the switches."""

from django.urls import include, path

from selfcard.web import sms_gateway, switches

urlpatterns = [
    path("language/", switches.language, name="language"),
    path("theme/", switches.theme, name="theme"),
    path("office/", include("selfcard.web.office.urls")),
    path("gateway/sms/", sms_gateway.posted, name="sms_gateway"),
    path("account/", include("selfcard.web.account_urls")),
    path("", include("selfcard.web.portal.urls")),
]

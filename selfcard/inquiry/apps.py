from django.apps import AppConfig


class InquiryConfig(AppConfig):
    name = "selfcard.inquiry"
    label = "inquiry"

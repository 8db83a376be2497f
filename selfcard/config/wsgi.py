import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "selfcard.config.settings")

application = get_wsgi_application()

from selfcard.web.warming import warm_up  # noqa: E402 – once Django is there

warm_up()

"""A web server is ready before its first visitor."""

from django.template import Engine
from django.template.loaders.cached import Loader

from selfcard.web.warming import template_names, warm_up


def test_no_visitor_waits_until_a_page_is_read_from_the_disk():
    cached = Engine.get_default().template_loaders[0]
    assert isinstance(cached, Loader)
    cached.reset()

    warm_up()

    assert "office/inquiry/range.html" in template_names()
    assert set(template_names()) <= set(cached.get_template_cache)

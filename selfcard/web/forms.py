"""What every form of both faces does: recognise a repeat, and show a refusal where it belongs."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar
from uuid import uuid4

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from selfcard.core.refusals import Refusal, RequestReused
from selfcard.web.operations import help_for
from selfcard.web.problems import Help, Problem


class HouseForm(forms.Form):
    """A form with an error summary, whose refusals name the field and the deed that helps."""

    # Where a refusal is about an argument that the form calls by another name.
    refusal_fields: ClassVar[dict[str, str]] = {"serials": "runs"}

    def __init__(self, data: Any = None, files: Any = None, **kwargs: Any) -> None:
        super().__init__(data=_with_plain_lines(data), files=files, **kwargs)
        self._helps: dict[str, Help] = {}

    def add_refusal(self, refusal: Refusal) -> None:
        """Show what a command refused, at the field that it is about or on top of the form."""
        text = str(refusal)
        if refusal.help and (help_ := help_for(refusal.help)):
            self._helps[text] = help_
        name = self.refusal_fields.get(refusal.field or "", refusal.field)
        self.add_error(name if name in self.fields else None, text)

    def put(self, name: str, value: str) -> None:
        """Fill in a field of a form as if it had been sent so, or as it is sent first."""
        if not self.is_bound:
            self.initial[name] = value
            return
        data = QueryDict(mutable=True)
        data.update(self.data)
        data[self.add_prefix(name)] = value
        self.data = data

    @property
    def status(self) -> int:
        """The HTTP status of a page that shows this form."""
        return 422 if self.is_bound and self.errors else 200

    @property
    def problems(self) -> Iterator[Problem]:
        """Everything that is wrong, in the order of the form, each with where it is."""
        for text in self.non_field_errors():
            yield Problem(str(text), help=self._helps.get(str(text)))
        for bound in self:
            for text in bound.errors:
                where = f"{bound.auto_id}_group" if bound.use_fieldset else bound.id_for_label
                help_ = self._helps.get(str(text))
                if bound.is_hidden:
                    yield Problem(str(text), help=help_)
                else:
                    yield Problem(_at(bound, str(text)), where, help_)


def _at(bound: forms.BoundField, problem: str) -> str:
    """What is wrong, after the name of the field where it is; a box has a sentence, and no name."""
    if isinstance(bound.field, forms.BooleanField):
        return problem
    return _("%(field)s: %(problem)s") % {"field": bound.label, "problem": problem}


def _with_plain_lines(data: Any) -> Any:
    """What was sent, with a line's end as papers and rules know it: browsers send two signs for it
    (HTML, constructing the entry list).
    """
    if not isinstance(data, QueryDict):
        return data
    if not any("\r" in text for _name, texts in data.lists() for text in texts):
        return data
    plain = data.copy()
    for name, texts in data.lists():
        plain.setlist(name, [re.sub(r"\r\n?", "\n", text) for text in texts])
    return plain


class RequestIdMixin(HouseForm):
    """A form that carries the id of its request, so that sending it twice does nothing twice.

    The id is issued when the page is made and comes back with every attempt to send it: the
    command recognises a repeat, also after a double click or the back button.
    """

    request_id = forms.UUIDField(
        initial=uuid4,
        widget=forms.HiddenInput(attrs={"id": False}),
        error_messages={
            "required": _("This page is too old. Open it again and repeat the step."),
            "invalid": _("This page is too old. Open it again and repeat the step."),
        },
    )

    def issue_new_request(self) -> None:
        """Forget the id that was sent: the next attempt is a new request."""
        self.put("request_id", str(uuid4()))


@contextmanager
def refusals_shown_on(form: HouseForm) -> Iterator[None]:
    """Run a command; if it refuses, the refusal is on the form and nothing was changed."""
    try:
        yield
    except Refusal as refusal:
        form.add_refusal(refusal)
        if isinstance(refusal, RequestReused) and isinstance(form, RequestIdMixin):
            form.issue_new_request()

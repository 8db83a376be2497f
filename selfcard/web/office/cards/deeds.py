"""What is done with a batch: each deed one command, those that say no with a reason."""

from django.http import FileResponse, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from selfcard.cards import commands
from selfcard.cards.errors import PrintFileAlreadyDownloaded
from selfcard.cards.print_file import take
from selfcard.web.office.cards.batches import SEEING_BATCHES, batch_page, find
from selfcard.web.office.deeds import Deed, Subject, do
from selfcard.web.office.forms import DeedForm, refusals_shown_on
from selfcard.web.office.views import OfficeRequest, office_view

DEEDS: dict[str, Deed] = {
    "approve": Deed(commands.approve_batch, _("Batch %(number)s is approved and is being made.")),
    "ask-approval": Deed(
        commands.ask_batch_approval,
        _("A second person is asked again to approve batch %(number)s."),
    ),
    "refuse": Deed(
        commands.refuse_batch,
        _("The order of batch %(number)s is refused."),
        _("Refuse the order"),
        _("The order ends here and uses no serials. Whoever ordered reads your reason."),
    ),
    "cancel": Deed(
        commands.cancel_batch,
        _("Batch %(number)s is cancelled."),
        _("Cancel the batch"),
        _("No card is ever made for its serials, and they are never used for others."),
    ),
    "make-again": Deed(commands.make_batch_again, _("The making of batch %(number)s begins anew.")),
    "ask-release": Deed(
        commands.ask_print_release,
        _("A second person is asked to release the print file of batch %(number)s."),
    ),
    "release": Deed(
        commands.release_print_file,
        _("The print file of batch %(number)s is released. It can be downloaded once."),
    ),
    "refuse-release": Deed(
        commands.refuse_print_release,
        _("The release of batch %(number)s is refused."),
        _("Refuse the release"),
        _("The file stays in the house. Whoever asked reads your reason and may ask again."),
    ),
}


@office_view(*SEEING_BATCHES)
def deed(request: OfficeRequest, number: str, name: str) -> HttpResponse:
    """Do one of the deeds; those that need a reason ask for it on a page of their own."""
    subject = Subject(
        "batch",
        find(request, number),
        "office:cards:batch",
        lambda form: batch_page(request, find(request, number), form),
        "office/cards/reason.html",
    )
    return do(request, DEEDS[name], subject)


@office_view(*SEEING_BATCHES)
@require_POST
def download(request: OfficeRequest, number: str) -> HttpResponse | FileResponse:
    """Give the print file its one way out. A repeat of the same request finds it gone, too."""
    batch = find(request, number)
    form = DeedForm(request.POST, actor=request.actor)
    if form.is_valid():
        with refusals_shown_on(form):
            given = commands.download_print_file(
                batch=batch, **form.cleaned_data, actor=request.actor
            )
            if file := take(given.name):
                return FileResponse(
                    file,
                    as_attachment=True,
                    filename=given.name,
                    content_type="application/octet-stream",
                )
            raise PrintFileAlreadyDownloaded.of(given)
    return batch_page(request, find(request, number), form)

"""The gateway for those who have no SMPP: messages of phones come as signed posts (`docs/sms.md`).

It answers only when everything that a message asked for is committed; a post that got no answer is
simply sent again, with a nonce of its own and the message's same number.
"""

import json
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from selfcard.core.actor import Actor
from selfcard.core.keys import keys
from selfcard.core.signed_posts import nonce_of
from selfcard.messaging.gateways.signed import KEY
from selfcard.sms.commands import note_receipt, take_nonce
from selfcard.sms.inbound import Arrived, receive
from selfcard.sms.queries import find_sms
from selfcard.sms.segments import MOST_PARTS, Place

GATEWAY = "http"
_LONGEST_BODY = 200_000
_ACTOR = Actor.system("sms gateway")


@csrf_exempt  # signed with a key, by no browser
@never_cache
@require_POST
def posted(request: HttpRequest) -> HttpResponse:
    """Take in a message, a part of one, or a receipt."""
    if settings.SMS_GATEWAY != "http":
        raise Http404
    if int(request.META.get("CONTENT_LENGTH") or 0) > _LONGEST_BODY:
        return _refused("too_long", 413)
    nonce = nonce_of(keys(KEY), request.headers, request.body)
    if nonce is None:
        return _refused("not_signed", 401)
    if not take_nonce(nonce=nonce, actor=_ACTOR, request_id=uuid4()):
        return _refused("came_before", 409)
    try:
        said = json.loads(request.body)
        if not isinstance(said, dict):
            raise TypeError
        came = _receipt(said) if "receipt" in said else _message(said)
    except (ValueError, TypeError, KeyError):
        return _refused("not_understood", 422)
    if isinstance(came, Arrived):
        message = receive(came)
        return JsonResponse({"state": message.state if message else "waiting_for_parts"})
    number, arrived = came
    is_news = note_receipt(
        gateway=GATEWAY,
        number=number,
        arrived=arrived,
        message=find_sms(number),
        actor=_ACTOR,
        request_id=uuid4(),
    )
    return JsonResponse({"state": "noted" if is_news else "known"})


def _message(said: Any) -> Arrived:
    """A message; one in parts says to which it belongs, how many there are, and which it is."""
    place = None
    if part := said.get("part"):
        place = Place(int(part["reference"]), int(part["count"]), int(part["number"]))
        if not 1 <= place.number <= place.count <= MOST_PARTS:
            raise ValueError
    number, sender, text = (_text(said[name]) for name in ("id", "from", "text"))
    if not number or len(number) > 100 or len(sender) > 40:
        raise ValueError
    # The parts have numbers of their own; the whole message is known by its words.
    return Arrived(
        gateway=GATEWAY, sender=sender, text=text, place=place, number="" if place else number
    )


def _receipt(said: Any) -> tuple[str, bool]:
    told = said["receipt"]
    if not isinstance(told["arrived"], bool):
        raise TypeError
    return _text(told["id"]), told["arrived"]


def _text(value: Any) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise TypeError
    return value


def _refused(code: str, status: int) -> HttpResponse:
    return JsonResponse({"error": code}, status=status)

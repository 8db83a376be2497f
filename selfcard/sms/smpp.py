"""SMPP 3.4: one line to a message centre, by which messages come and go.

The library knows the protocol's bytes; what happens when is here. Whoever reads the line hands each
message to a worker, who tells the centre that it has come only when everything that it asked for
is committed. Whoever sends waits for the centre's answer to each part; not more than a window of
them at a time. A line that is cut, or on which nobody answers, is taken up again, after a pause
that grows while it fails.
"""

import logging
import select
import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from smpplib import consts, exceptions, smpp
from smpplib.client import Client

from selfcard.messaging.errors import NotDelivered
from selfcard.messaging.models import Message
from selfcard.sms.segments import NotReadable, Place, Segment, decoded, read_head

log = structlog.get_logger(__name__)

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
_TICK_S = 0.5
_HAS_HEAD, _IS_RECEIPT = 0x40, 0x04
_BUSY = {consts.SMPP_ESME_RTHROTTLED, consts.SMPP_ESME_RMSGQFUL}
_BUSY_PAUSES = (0.2, 1.0, 3.0, 10.0)
_NOBODY = {
    consts.SMPP_ESME_RINVDSTADR, consts.SMPP_ESME_RINVDSTTON, consts.SMPP_ESME_RINVDSTNPI
}  # fmt: skip
_ARRIVED = 2  # DELIVERED, as SMPP 3.4 numbers the states of messages (5.2.28)
_UNDER_WAY = {1, 6}  # ENROUTE, ACCEPTED
_STATES = {
    "DELIVRD": 2, "EXPIRED": 3, "DELETED": 4, "UNDELIV": 5, "ACCEPTD": 6, "UNKNOWN": 7,
    "REJECTD": 8, "ENROUTE": 1,
}  # fmt: skip

# The library traces every message, PIN and all, in hexadecimal: nobody may switch that on.
_silent = logging.getLogger("selfcard.sms.line")
_silent.addHandler(logging.NullHandler())
_silent.propagate = False
_silent.disabled = True


@dataclass(frozen=True)
class FromPhone:
    """A message, or a part of one, as the centre brings it."""

    sender: str
    text: str = field(repr=False)
    place: Place | None


@dataclass(frozen=True)
class Receipt:
    """What the centre says became of a part that it took."""

    number: str
    arrived: bool


@dataclass(frozen=True)
class Account:
    """Where the centre is, and who we are there."""

    host: str
    port: int
    name: str
    password: str
    window: int = 10
    enquire_every: timedelta = timedelta(seconds=30)
    answer_within: timedelta = timedelta(seconds=15)

    @classmethod
    def of_settings(cls) -> "Account":
        return cls(
            host=settings.SMPP_HOST,
            port=settings.SMPP_PORT,
            name=settings.SMPP_ACCOUNT,
            password=settings.SMPP_PASSWORD,
            window=settings.SMPP_WINDOW,
            enquire_every=settings.SMPP_ENQUIRE_EVERY,
            answer_within=settings.SMPP_ANSWER_WITHIN,
        )


class Line:
    """The line to a centre, held until it is told to stop."""

    def __init__(
        self,
        account: Account,
        *,
        on_message: Callable[[FromPhone], None],
        on_receipt: Callable[[Receipt], None],
    ) -> None:
        self._account = account
        self._on_message, self._on_receipt = on_message, on_receipt
        self._client: Client | None = None
        self._sending = threading.Lock()
        self._waiting: dict[int, Future[Any]] = {}
        self._window = threading.BoundedSemaphore(account.window)
        self._stopped = threading.Event()
        self._heard = self._asked = 0.0

    @property
    def is_up(self) -> bool:
        return self._client is not None

    def stop(self) -> None:
        self._stopped.set()

    def hold(self) -> None:
        """Take the line up, and again whenever it is cut, until somebody stops it."""
        pause = _FIRST_PAUSE
        with ThreadPoolExecutor(self._account.window, "sms") as workers:
            while not self._stopped.is_set():
                try:
                    client = self._bound()
                except (exceptions.ConnectionError, exceptions.PDUError, OSError) as error:
                    log.warning("sms_line_not_up", reason=type(error).__name__, pause=pause)
                    self._stopped.wait(pause)
                    pause = min(pause * 2, _LONGEST_PAUSE)
                    continue
                pause = _FIRST_PAUSE
                self._read(client, workers)

    def submit(self, segment: Segment, *, sender: str, recipient: str) -> str:
        """Hand one part over, and give the number by which the centre will speak of it.

        Raises:
            NotDelivered: the centre does not answer or does not take it.
        """
        for pause in (*_BUSY_PAUSES, None):
            answer = self._asked_to_send(segment, sender, recipient)
            if answer.status == consts.SMPP_ESME_ROK:
                return _text(answer.message_id)
            if answer.status in _NOBODY:
                raise NotDelivered(Message.Problem.REFUSED, for_good=True)
            if answer.status not in _BUSY:
                raise NotDelivered(Message.Problem.REFUSED)
            if pause is None or self._stopped.wait(pause):
                break
        raise NotDelivered(Message.Problem.NO_ANSWER)

    def _asked_to_send(self, segment: Segment, sender: str, recipient: str) -> Any:
        with self._window:
            client = self._client
            if client is None:
                raise NotDelivered(Message.Problem.NO_ANSWER)
            answer: Future[Any] = Future()
            request = smpp.make_pdu(
                "submit_sm",
                client=client,
                source_addr_ton=consts.SMPP_TON_UNK,
                source_addr_npi=consts.SMPP_NPI_ISDN,
                source_addr=sender,
                dest_addr_ton=consts.SMPP_TON_INTL,
                dest_addr_npi=consts.SMPP_NPI_ISDN,
                destination_addr=recipient.lstrip("+"),
                esm_class=_HAS_HEAD if segment.head else 0,
                data_coding=int(segment.alphabet),
                registered_delivery=True,
                short_message=segment.head + segment.content,
            )
            self._waiting[request.sequence] = answer
            try:
                self._send(client, request)
                return answer.result(self._account.answer_within.total_seconds())
            except (TimeoutError, CancelledError, exceptions.ConnectionError, OSError):
                raise NotDelivered(Message.Problem.NO_ANSWER) from None
            finally:
                self._waiting.pop(request.sequence, None)

    def _bound(self) -> Client:
        account = self._account
        client = Client(
            account.host,
            account.port,
            timeout=account.answer_within.total_seconds(),
            logger_name=_silent.name,
            allow_unknown_opt_params=True,
        )
        try:
            client.connect()
            client.bind_transceiver(system_id=account.name, password=account.password)
        except BaseException:
            client.disconnect()
            raise
        self._heard = self._asked = time.monotonic()
        self._client = client
        log.warning("sms_line_up", host=account.host, port=account.port)
        return client

    def _read(self, client: Client, workers: ThreadPoolExecutor) -> None:
        """Read the line until it is cut or told to stop."""
        try:
            while not self._stopped.is_set() and self._answers(client):
                readable, _, _ = select.select([client._socket], [], [], _TICK_S)
                if readable:
                    pdu = client.read_pdu()
                    self._heard = time.monotonic()
                    if not self._handled(client, pdu, workers):
                        break
            if self._stopped.is_set():
                self._send(client, smpp.make_pdu("unbind", client=client))
        except (exceptions.ConnectionError, exceptions.PDUError, OSError, ValueError) as error:
            log.warning("sms_line_cut", reason=type(error).__name__)
        finally:
            self._client = None
            for answer in list(self._waiting.values()):
                answer.cancel()
            client.disconnect()

    def _answers(self, client: Client) -> bool:
        """Whether the centre is there; it is asked where nothing was heard for a while."""
        now = time.monotonic()
        every = self._account.enquire_every.total_seconds()
        if now - self._heard > every + self._account.answer_within.total_seconds():
            log.warning("sms_line_silent")
            return False
        if now - max(self._heard, self._asked) > every:
            self._asked = now
            self._send(client, smpp.make_pdu("enquire_link", client=client))
        return True

    def _handled(self, client: Client, pdu: Any, workers: ThreadPoolExecutor) -> bool:
        """Do what the centre sent; whether the line stays."""
        match pdu.command:
            case "deliver_sm":
                workers.submit(self._deliver, client, pdu)
            case "submit_sm_resp" | "generic_nack":
                answer = self._waiting.get(pdu.sequence)
                if answer and answer.set_running_or_notify_cancel():
                    answer.set_result(pdu)
            case "enquire_link":
                self._answer(client, pdu, "enquire_link_resp")
            case "unbind":
                self._answer(client, pdu, "unbind_resp")
                return False
        return True

    def _deliver(self, client: Client, pdu: Any) -> None:
        """Take in what came, and only then say so; if that fails, the centre brings it again."""
        status = consts.SMPP_ESME_ROK
        try:
            came = read_delivery(pdu)
            if isinstance(came, Receipt):
                self._on_receipt(came)
            elif came is not None:
                self._on_message(came)
        except NotReadable as error:
            # It will be no more legible when it comes again.
            log.warning("sms_not_readable", reason=str(error))
        except Exception as error:
            log.error("sms_not_taken_in", reason=type(error).__name__)
            status = consts.SMPP_ESME_RX_T_APPN
        try:
            self._answer(client, pdu, "deliver_sm_resp", status)
        except (exceptions.ConnectionError, OSError):
            log.warning("sms_line_cut_before_answer")

    def _answer(self, client: Client, pdu: Any, command: str, status: int = 0) -> None:
        answer = smpp.make_pdu(command, client=client, status=status)
        answer.sequence = pdu.sequence
        self._send(client, answer)

    def _send(self, client: Client, pdu: Any) -> None:
        with self._sending:
            client.send_pdu(pdu)


def read_delivery(pdu: Any) -> FromPhone | Receipt | None:
    """What a delivery of the centre is; nothing where a receipt says that a part is under way.

    Raises:
        NotReadable: it is in no alphabet that we know.
    """
    content = bytes(pdu.message_payload or pdu.short_message or b"")
    if pdu.esm_class & _IS_RECEIPT:
        return _receipt(pdu, content)
    place = None
    if pdu.esm_class & _HAS_HEAD:
        place, content = read_head(content)
    elif pdu.sar_total_segments:
        place = Place(pdu.sar_msg_ref_num or 0, pdu.sar_total_segments, pdu.sar_segment_seqnum or 0)
        if not 1 <= place.number <= place.count:
            raise NotReadable("a part beyond the last")
    return FromPhone(_text(pdu.source_addr), decoded(content, pdu.data_coding), place)


def _receipt(pdu: Any, content: bytes) -> Receipt | None:
    """By its own fields where the centre fills them, else by the text that most centres write."""
    words = _text(content).replace("submit date", "").replace("done date", "").split()
    said = dict(word.split(":", 1) for word in words if ":" in word)
    number = _text(pdu.receipted_message_id) or said.get("id", "")
    state = pdu.message_state or _STATES.get(said.get("stat", "").upper(), 0)
    if not number or not state or state in _UNDER_WAY:
        return None
    return Receipt(number, state == _ARRIVED)


def _text(value: Any) -> str:
    """A text of the protocol, which ends with a zero byte."""
    if isinstance(value, bytes):
        value = value.decode("latin-1")
    return str(value or "").rstrip("\0")

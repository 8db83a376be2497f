"""What is done about cards before anybody holds them."""

from selfcard.cards.commands.orders import (
    approve_batch,
    ask_batch_approval,
    cancel_batch,
    make_batch_again,
    order_batch,
    refuse_batch,
)
from selfcard.cards.commands.printing import (
    ask_print_release,
    begin_batch,
    download_print_file,
    finish_batch,
    refuse_print_release,
    release_print_file,
)
from selfcard.cards.commands.types import (
    define_document_type,
    register_printer,
    revise_document_type,
)

__all__ = [
    "approve_batch",
    "ask_batch_approval",
    "ask_print_release",
    "begin_batch",
    "cancel_batch",
    "define_document_type",
    "download_print_file",
    "finish_batch",
    "make_batch_again",
    "order_batch",
    "refuse_batch",
    "refuse_print_release",
    "register_printer",
    "release_print_file",
    "revise_document_type",
]

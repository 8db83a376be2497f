"""The print file: one line a card, encrypted to the printer while it is written.

Plain PINs go from the random source through here into the encryption, and nowhere else. The file
is an age file; inside is CSV with the columns of `COLUMNS`.
"""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pyrage
from django.conf import settings

from selfcard.core.serials import SERIAL_DIGITS, SerialRun

COLUMNS = ("serial", "card_number", "pin", "qr", "deadline")


def print_folder() -> Path:
    """The folder of the print files, for the owner's eyes only."""
    folder = Path(settings.PRINT_FOLDER)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


@dataclass(frozen=True)
class WrittenFile:
    """A whole print file that has no name yet: nobody can be given it before it is kept."""

    path: str
    sha256: str
    size: int

    def keep(self, name: str) -> None:
        """Give it its name; call this as the last thing before the commit that knows of it."""
        Path(self.path).replace(print_folder() / name)
        _sync_folder(print_folder())

    def discard(self) -> None:
        Path(self.path).unlink(missing_ok=True)


def write_encrypted(name: str, making: int, recipient: str, lines: Iterator[bytes]) -> WrittenFile:
    """Encrypt lines into a new file of the print folder, for one making of it.

    The file is on the disk, whole, when this returns; if the lines fail, nothing is left. Memory
    does not grow with it.
    """
    path = print_folder() / f".{name}.{making}.partial"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            source, target = _Source(lines), _Target(file)
            try:
                pyrage.encrypt_io(source, target, [pyrage.x25519.Recipient.from_str(recipient)])
            except pyrage.EncryptError:
                if source.failure is not None:
                    raise source.failure from None
                raise
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return WrittenFile(str(path), target.digest.hexdigest(), target.size)


def discard_leftovers(name: str) -> None:
    """Throw away what makings of a file left behind that did not come to their end.

    One of them may have got as far as giving the file its name, and then no commit.
    """
    for path in (*print_folder().glob(f".{name}.*.partial"), print_folder() / name):
        path.unlink(missing_ok=True)


def take(name: str) -> BinaryIO | None:
    """Open a print file for its one way out, or None if it has gone that way before.

    The file is renamed first, so that of two who come at once only one gets it.
    """
    waiting = print_folder() / name
    gone = print_folder() / f"{name}.taken"
    try:
        waiting.rename(gone)
    except FileNotFoundError:
        return None
    return gone.open("rb")


def is_waiting(name: str) -> bool:
    """Whether a print file lies in its folder and nobody has taken it."""
    return (print_folder() / name).exists()


def header() -> bytes:
    return (",".join(COLUMNS) + "\r\n").encode()


def activation_link(card_number: str, pin: str) -> str:
    """What the QR code under the panel says; the fragment never reaches a server."""
    return f"{settings.PUBLIC_ADDRESS}/#c={card_number}&p={pin}"


def card_numbers(run: SerialRun) -> Iterator[str]:
    """The card numbers of a run, as `core.serials.card_number` gives each, but fast.

    In a thousand consecutive serials only the last three digits differ: with their check digit,
    which depends on the others' share of the Luhn sum alone, they come from a table.
    """
    for thousand in range(run.first // 1000, run.last // 1000 + 1):
        head = f"{thousand:0{SERIAL_DIGITS - 3}d}"
        ends = _ENDS[_luhn_sum(head, doubled_last=False) % 10]
        first, last = max(run.first - 1000 * thousand, 0), min(run.last - 1000 * thousand, 999)
        yield from [head + end for end in ends[first : last + 1]]


def _luhn_sum(digits: str, *, doubled_last: bool) -> int:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if (place % 2 == 0) == doubled_last else 1)
        total += value - 9 if value > 9 else value
    return total


# Seen from the check digit, the serial's last digit is the first to be doubled; with three low
# digits the head's last digit is not.
_LOW_SUMS = [_luhn_sum(f"{low:03d}", doubled_last=True) for low in range(1000)]
_ENDS = [
    [f"{low:03d}{(-head_sum - low_sum) % 10}" for low, low_sum in enumerate(_LOW_SUMS)]
    for head_sum in range(10)
]


class _Source:
    """Lines as the file-like object that the encryption reads from."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines = lines
        self._buffer = bytearray()
        self.failure: BaseException | None = None

    def read(self, size: int = -1) -> bytes:
        try:
            while size < 0 or len(self._buffer) < size:
                self._buffer += next(self._lines)
        except StopIteration:
            pass
        except BaseException as failure:
            # The encryption would keep only its text: the cause is raised when it returns.
            self.failure = failure
            raise
        taken = bytes(self._buffer[:size]) if size >= 0 else bytes(self._buffer)
        del self._buffer[: len(taken)]
        return taken


class _Target:
    """A file that knows its size and digest."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.digest = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        self.size += len(data)
        return self._file.write(data)

    def flush(self) -> None:
        self._file.flush()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

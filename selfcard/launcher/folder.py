"""The data folder: everything of one Selfcard that is not in its database, and the database too.

Beside the books (`postgres/`) it holds the keys, the print files, the logs and
the collected static files. One running Selfcard owns it, by a lock that the
operating system lets go of when the process ends, however it ends.
"""

import fcntl
import json
import os
from dataclasses import dataclass
from pathlib import Path

from selfcard import __version__
from selfcard.launcher.errors import Trouble

PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class DataFolder:
    """Where one Selfcard keeps what it has. Open it before anything in it is touched."""

    path: Path

    @classmethod
    def chosen(cls) -> "DataFolder":
        """The folder that `SELFCARD_DATA` names, else `var` in the project."""
        return cls(Path(os.environ.get("SELFCARD_DATA") or PROJECT / "var").resolve())

    @property
    def postgres(self) -> Path:
        return self.path / "postgres"

    @property
    def logs(self) -> Path:
        return self.path / "log"

    @property
    def _lock_file(self) -> Path:
        return self.path / "selfcard.lock"

    @property
    def _stamp(self) -> Path:
        return self.path / "selfcard.json"

    def open(self) -> "Hold":
        """Take the folder for this process, until the hold is let go.

        Raises:
            Trouble: it cannot be written, a newer Selfcard wrote it, or another one runs on it.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self.logs.mkdir(exist_ok=True)
            descriptor = os.open(self._lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise Trouble(
                f"The data folder {self.path} cannot be used: {error.strerror}. "
                "Choose another with SELFCARD_DATA."
            ) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._refuse_newer()
        except BlockingIOError as error:
            os.close(descriptor)
            raise Trouble(
                f"Another Selfcard is running on the data folder {self.path}: "
                "stop it, or choose another folder with SELFCARD_DATA."
            ) from error
        except Trouble:
            os.close(descriptor)
            raise
        return Hold(self, descriptor)

    def _refuse_newer(self) -> None:
        written_by = self._read_stamp().get("version", __version__)
        if _ordered(written_by) > _ordered(__version__):
            raise Trouble(
                f"The data folder {self.path} was written by Selfcard {written_by}, and this is "
                f"{__version__}: start the newer one, or choose another folder with SELFCARD_DATA."
            )

    def stamp(self, **facts: str) -> None:
        """Note which Selfcard writes here, and where its database answers while it runs."""
        fresh = self._stamp.with_suffix(".new")
        fresh.write_text(json.dumps({"version": __version__, **facts}, indent=2) + "\n")
        fresh.replace(self._stamp)

    def running_database(self) -> str | None:
        """The address of the database of the Selfcard that runs here, if one does."""
        if not self._lock_file.exists():
            return None
        with self._lock_file.open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return self._read_stamp().get("database")
        return None

    def _read_stamp(self) -> dict[str, str]:
        try:
            return dict(json.loads(self._stamp.read_text()))
        except FileNotFoundError:
            return {}
        except ValueError as error:
            raise Trouble(f"{self._stamp} cannot be read: it is no JSON any more.") from error


@dataclass
class Hold:
    """The proof that this process owns the data folder."""

    folder: DataFolder
    descriptor: int

    def let_go(self) -> None:
        """Give the folder up; the operating system does the same when the process ends."""
        os.close(self.descriptor)


def _ordered(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())

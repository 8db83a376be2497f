"""What tests and pictures look with: Debian's Chromium with a font for Chinese, poppler, which
reads signed policies as the programs of those who hold them do, and a message centre that is not
ours, by Node's package `smpp`.
"""

import os
import shutil
import subprocess

import click

from selfcard.launcher.errors import Trouble
from selfcard.launcher.folder import PROJECT

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
PACKAGES = ("chromium", "fonts-wqy-microhei")
POPPLER = "poppler-utils"
NODE = ("nodejs", "npm")
MESSAGE_CENTRE = PROJECT / "tests" / "sms" / "centre"

# As root there is no sandbox to be had; the rest keeps it from calling home.
ARGUMENTS = [
    *(["--no-sandbox"] if os.geteuid() == 0 else []),
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",
]


def find_chromium() -> str | None:
    """The browser's path, if it is installed."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


def ensure_chromium() -> str:
    """The browser's path; root installs what is missing.

    Raises:
        Trouble: it is missing, and cannot be installed from here.
    """
    found = find_chromium()
    if found and _shows_chinese():
        return found
    if _installed(*PACKAGES) and (found := find_chromium()):
        return found
    missing = "a font for Chinese (fonts-wqy-microhei)" if found else "Chromium"
    raise Trouble(
        f"The browser tests need {missing}: apt-get install {' '.join(PACKAGES)}, as root."
    )


def ensure_pdfsig() -> str:
    """The path of the program that checks a PDF's signature; root installs it where it is missing.

    Raises:
        Trouble: it is missing, and cannot be installed from here.
    """
    if found := shutil.which("pdfsig"):
        return found
    if _installed(POPPLER) and (found := shutil.which("pdfsig")):
        return found
    raise Trouble(f"The tests of signed policies need pdfsig: apt-get install {POPPLER}, as root.")


def ensure_message_centre() -> None:
    """Fetch the message centre that SMS are tested with, by the digests of its lock; root installs
    Node where it is missing.

    Raises:
        Trouble: something is missing, and cannot be had from here.
    """
    if (MESSAGE_CENTRE / "node_modules" / "smpp").exists():
        return
    if not shutil.which("npm") and not (_installed(*NODE) and shutil.which("npm")):
        raise Trouble(f"The tests of SMS need Node: apt-get install {' '.join(NODE)}, as root.")
    fetching = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    done = subprocess.run(fetching, cwd=MESSAGE_CENTRE, capture_output=True, text=True)
    if done.returncode != 0:
        raise Trouble("npm could not fetch the package smpp, with which SMS are tested.")


def _installed(*packages: str) -> bool:
    """Whether packages could be installed: by root, where there is Debian's apt-get."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    click.echo(f"Installing {' and '.join(packages)} …")
    _apt_get("update")
    _apt_get("install", "--no-install-recommends", *packages)
    return True


def _shows_chinese() -> bool:
    if not shutil.which("fc-list"):
        return False
    return bool(subprocess.run(["fc-list", ":lang=zh"], capture_output=True).stdout.strip())


def _apt_get(*arguments: str) -> None:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(
        ["apt-get", "-qq", "-y", *arguments], env=environment, capture_output=True, text=True
    )
    if done.returncode != 0:
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        raise Trouble(f"apt-get {arguments[0]} failed: {''.join(last)}")

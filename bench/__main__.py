"""One part of a benchmark, in a process and a database of its own; JSON on standard output."""

import json
import sys
from contextlib import redirect_stdout

from selfcard.launcher.books import set_up_django


def main() -> None:
    set_up_django()
    from django.conf import settings
    from django.test.utils import setup_test_environment

    from bench.parts import PARTS

    setup_test_environment(debug=False)
    settings.PASSWORD_HASHERS = ["tests.environment.QuickArgon2"]
    # Pages name their files without a `collectstatic` before.
    settings.STORAGES["staticfiles"] = {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
    }
    name, sizes = sys.argv[1], json.loads(sys.argv[2])
    # What is logged meanwhile goes where it does not mix with the answer.
    with redirect_stdout(sys.stderr):
        found = PARTS[name](**sizes)
    json.dump(found, sys.stdout)


main()

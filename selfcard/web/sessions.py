"""Sessions in the database, as Django keeps them; what each page asks is planned once."""

from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.models import Session
from django.utils import timezone

from selfcard.core.compiled import Compiled, prepared

_session_of = Compiled(lambda _, key: Session.objects.filter(session_key=key))


class SessionStore(DatabaseStore):
    """Reading and writing again: every page of a visit does both."""

    def _get_session_from_db(self) -> Session | None:
        found = _session_of(None, self.session_key) if self.session_key else []
        if found and found[0].expire_date > timezone.now():
            return found[0]
        self._session_key = None
        return None

    def save(self, must_create: bool = False) -> None:
        if must_create or self.session_key is None:
            super().save(must_create)
            return
        row = self.create_model_instance(dict(self.items()))
        sql = "UPDATE django_session SET session_data = %s, expire_date = %s WHERE session_key = %s"
        with prepared() as cursor:
            cursor.execute(sql, [row.session_data, row.expire_date, row.session_key])
            if cursor.rowcount != 1:
                raise UpdateError

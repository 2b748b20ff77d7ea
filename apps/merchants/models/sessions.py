"""Sessions that know whose they are. This module is `settings.SESSION_ENGINE`."""

from datetime import datetime

from django.contrib.auth import SESSION_KEY as USER_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models

from apps.merchants.models.tenant import User

TRACE_KEY = "trace"  # written by core.middleware.SessionTraceMiddleware: address, agent, began_at, seen_at


class UserSession(AbstractBaseSession):
    """One signed-in browser (or an anonymous one that has something to remember). Deleting the row ends it at once."""

    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="sessions")
    address = models.CharField(max_length=45, blank=True)
    agent = models.CharField(max_length=300, blank=True)
    began_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)

    @classmethod
    def get_session_store_class(cls):
        return SessionStore


class SessionStore(DatabaseStore):
    """Copies out of the session's data what the list of sessions shows."""

    @classmethod
    def get_model_class(cls):
        return UserSession

    def create_model_instance(self, data):
        row = super().create_model_instance(data)
        trace = data.get(TRACE_KEY, {})
        row.user_id = int(data[USER_KEY]) if USER_KEY in data else None
        row.address, row.agent = trace.get("address", ""), trace.get("agent", "")
        for name in ("began_at", "seen_at"):
            setattr(row, name, datetime.fromisoformat(trace[name]) if name in trace else None)
        return row

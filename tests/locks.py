"""Threads that wait for each other on PostgreSQL."""

import threading

from django.db import connection


def waits(thread: threading.Thread) -> bool:
    """Whether a connection waits for a lock, as soon as that is so; False when the thread ended without."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    while thread.is_alive():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")  # else a transaction sees the activity of its first look alone
            cursor.execute(waiting)
            if cursor.fetchone()[0]:
                return True
        thread.join(0.01)
    return False

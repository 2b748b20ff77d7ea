"""Settings as each environment sees them, read in processes of their own because Django reads settings once."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings as current
from django.db import connection

READ = """
import json, sys, django
from django.conf import settings
django.setup()
print(json.dumps({name: getattr(settings, name) for name in sys.argv[1:]}, default=str))
"""


def read(module: str, *names: str, **environment: str) -> dict:
    """The named settings of `config.settings.<module>` under this environment and nothing else."""
    known = {"PATH": os.environ["PATH"], "HEZHANG_ENV_FILE": "", "DJANGO_SETTINGS_MODULE": f"config.settings.{module}"}
    done = subprocess.run(
        [sys.executable, "-c", READ, *names], cwd=current.BASE_DIR, env=known | environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1])
    return json.loads(done.stdout)


def test_development_stands_on_sqlite_with_all_that_keeps_it_from_locking():
    found = read("dev", "DATABASES", "DEBUG", "CELERY_BROKER_URL")

    database = found["DATABASES"]["default"]
    assert database["NAME"] == str(current.BASE_DIR / "var" / "hezhang.sqlite3")
    assert database["OPTIONS"] == {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA busy_timeout=20000;",
    }
    assert database["ATOMIC_REQUESTS"] is False
    assert (found["DEBUG"], found["CELERY_BROKER_URL"]) == (False, "filesystem://")


def test_production_takes_postgres_and_redis_and_hardens_cookies():
    found = read(
        "prod",
        *("DATABASES", "CELERY_BROKER_TRANSPORT_OPTIONS", "SESSION_COOKIE_SECURE", "SESSION_COOKIE_NAME"),
        *("CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS"),
        SECRET_KEY="x" * 60,
        ALLOWED_HOSTS="books.example",
        DATABASE_URL="postgres://hezhang:secret@db/hezhang",
        CELERY_BROKER_URL="redis://redis/0",
    )

    database = found["DATABASES"]["default"]
    assert (database["ENGINE"], database["CONN_MAX_AGE"], database["CONN_HEALTH_CHECKS"]) == ("django.db.backends.postgresql", None, True)
    assert found["CELERY_BROKER_TRANSPORT_OPTIONS"] == {"visibility_timeout": 600}
    assert (found["SESSION_COOKIE_SECURE"], found["CSRF_COOKIE_SECURE"], found["SECURE_SSL_REDIRECT"]) == (True, True, True)
    assert found["SESSION_COOKIE_NAME"] == "__Host-session"
    assert found["SECURE_HSTS_SECONDS"] == 31_536_000


def test_production_does_not_start_without_its_secret():
    with pytest.raises(RuntimeError, match="SECRET_KEY"):
        read("prod", "DEBUG", ALLOWED_HOSTS="books.example")


@pytest.mark.django_db
def test_connection_runs_with_write_ahead_log():
    if connection.vendor != "sqlite":
        pytest.skip("SQLite alone")
    with connection.cursor() as cursor:
        answers = [cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous", "busy_timeout")]
    assert answers == ["wal", 1, 20_000]

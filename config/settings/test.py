"""For pytest: nothing read from `.env`, nothing written outside temporary folders, no message broker."""

import os
import tempfile
from pathlib import Path

os.environ["HEZHANG_ENV_FILE"] = ""
os.environ["CELERY_BROKER_URL"] = "memory://"

from apps.core.logging import logging_config  # the two lines above must come first

from .base import *  # noqa: F403
from .environment import audit_signing_key, secrets_keys

SECRET_KEY = "tests-only"  # noqa: S105
SECRETS_KEYS = secrets_keys(SECRET_KEY)
AUDIT_SIGNING_KEY = audit_signing_key(SECRET_KEY)
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# A file and not memory: live-server threads and started processes open connections of their own. The process number
# lets several test runs share a machine or a PostgreSQL server.
_run = f"hezhang_test_{os.getpid()}"
_on_sqlite = DATABASES["default"]["ENGINE"].endswith("sqlite3")  # noqa: F405
DATABASES["default"]["TEST"] = {"NAME": str(Path(tempfile.gettempdir()) / f"{_run}.sqlite3") if _on_sqlite else _run}  # noqa: F405
DATABASES["default"]["CONN_MAX_AGE"] = 0  # noqa: F405  a connection kept by a thread would block dropping the database
MEDIA_ROOT = Path(tempfile.gettempdir()) / _run  # conftest points it at tmp_path, test by test
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = True
AXES_ENABLED = False  # the lock-out test turns it on
MAIL_LEAVES = False  # whatever the environment says
CELERY_BROKER_TRANSPORT_OPTIONS: dict = {}
LOGGING = logging_config(as_json=False, level="WARNING")

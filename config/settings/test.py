"""For pytest: nothing read from `.env`, nothing written outside temporary folders, no message broker."""

import os
import tempfile
from pathlib import Path

os.environ["HEZHANG_ENV_FILE"] = ""
os.environ["CELERY_BROKER_URL"] = "memory://"

from apps.core.logging import logging_config  # noqa: E402  the two lines above must come first

from .base import *  # noqa: E402, F403

SECRET_KEY = "tests-only"
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
MEDIA_ROOT = Path(tempfile.gettempdir()) / f"hezhang-tests-{os.getpid()}"  # conftest points it at tmp_path, test by test
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = True
AXES_ENABLED = False  # the lock-out test turns it on
CELERY_BROKER_TRANSPORT_OPTIONS: dict = {}
LOGGING = logging_config(as_json=False, level="WARNING")

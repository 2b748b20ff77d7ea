"""One machine, one command: what bin/run serves. DEBUG is off unless asked for, so the first run looks like the real thing."""

from .base import *  # noqa: F403
from .environment import audit_signing_key, env, secrets_keys

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env("SECRET_KEY", default="development-only-and-not-secret")
SECRETS_KEYS = secrets_keys(SECRET_KEY)
AUDIT_SIGNING_KEY = audit_signing_key(SECRET_KEY)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
WHITENOISE_AUTOREFRESH = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
STAFF_NEEDS_SECOND_FACTOR = env.bool("STAFF_NEEDS_SECOND_FACTOR", default=False)  # the demo's log-in must work without a telephone

"""Production: everything that must be secret or known comes from the environment and has no default."""

from apps.core.logging import logging_config

from .base import *  # noqa: F403
from .environment import audit_signing_key, env, secrets_keys

SECRET_KEY = env("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
SECRETS_KEYS = secrets_keys(SECRET_KEY)
AUDIT_SIGNING_KEY = audit_signing_key(SECRET_KEY)
ALLOWED_HOSTS = [*env.list("ALLOWED_HOSTS"), "localhost"]  # the second for health checks beside the server
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

SITE_URL = env("SITE_URL", default=f"https://{ALLOWED_HOSTS[0]}")
vars().update(env.email_url("EMAIL_URL", default="dummymail://"))  # letters go nowhere until a mail server is named
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default=f"Hezhang <no-reply@{ALLOWED_HOSTS[0]}>")

# HTTPS ends at a proxy that sets this header. INSECURE_HTTP is for trying the containers on one machine without a certificate.
_https = not env.bool("INSECURE_HTTP", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = _https
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _https
SESSION_COOKIE_SECURE = _https
CSRF_COOKIE_SECURE = _https
SESSION_COOKIE_NAME = "__Host-session" if _https else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if _https else "csrf"
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=1)

WHITENOISE_USE_FINDERS = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # Hashes in names need every file a stylesheet mentions; the vendored ones mention source maps that are not shipped.
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
LOGGING = logging_config(as_json=True, level=env("LOG_LEVEL", default="INFO"))

"""What holds in every environment. dev, test and prod import this by name and change only what differs."""

from pathlib import Path

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from apps.core.logging import logging_config

from .database import database_from_environment
from .environment import BASE_DIR, env
from .jobs import *  # noqa: F403  Celery reads CELERY_* names from here; the file holds nothing else.

DEBUG = False
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "config.apps.PlatformAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.forms",  # so that templates/ may override a widget
    "allauth.account",  # for allauth.mfa alone: none of its pages has an address here
    "allauth.mfa",
    "axes",
    "django_celery_beat",
    "django_filters",
    "django_htmx",
    "django_structlog",
    "django_tables2",
    "import_export",
    "rest_framework",
    "apps.core",
    "apps.audit",
    "apps.merchants",
    "apps.channels",
    "apps.orders",
    "apps.settlements",
    "apps.disputes",
    "apps.reports",
]

MIDDLEWARE = [
    "config.doors.NoticeDoor",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "apps.core.middleware.SessionTraceMiddleware",
    "apps.core.middleware.UserLanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "apps.audit.origin.OriginMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",  # last: it turns the lock-out signal into a response
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "apps.merchants.context.frame",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

DATABASES = {"default": database_from_environment()}

# People
AUTH_USER_MODEL = "merchants.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/login/"
AXES_FAILURE_LIMIT = 5
AXES_USERNAME_FORM_FIELD = "username"  # of the log-in form; the default is the model field `email`, and nobody would be locked out
AXES_COOLOFF_TIME = 0.25  # hours
AXES_RESET_ON_SUCCESS = True
# The pair, not the account: a stranger who guesses must not be able to lock the shop owner out.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "merchants/locked_out.html"
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "code", "credential"]
AXES_VERBOSE = False
AXES_CLIENT_IP_CALLABLE = "apps.core.middleware.client_address"
# The second factor: allauth keeps and checks factors, the pages are ours. docs/adr/0005-second-factor-under-our-own-pages.md
MFA_ADAPTER = "apps.merchants.services.factor_adapter.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "Hezhang"
STAFF_NEEDS_SECOND_FACTOR = True  # platform staff without one are sent to set it up before anything else
TRUSTED_PROXIES = 0  # how many proxies of ours stand in front and append to X-Forwarded-For

# Words and time. Rows hold UTC; each merchant's zone is applied where something is shown.
LANGUAGE_CODE = "zh-hant"
LANGUAGES = [("zh-hant", _("Traditional Chinese")), ("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# Providers. Practice merchants are served by a simulator with books of its own; other addresses than a provider's own are for tests.
SIMULATOR_FILE = Path(env("SIMULATOR_FILE", default=str(BASE_DIR / "var" / "simulator.sqlite3")))
PROVIDER_URLS: dict[str, str] = {}

WEBHOOKS_MAY_REACH_PRIVATE = env.bool("WEBHOOKS_MAY_REACH_PRIVATE", default=False)  # addresses of events inside one's own network
AUDIT_PUBLIC_KEYS = env.list("AUDIT_PUBLIC_KEYS", default=[])  # of checkpoints signed with earlier keys

# Letters. EMAIL_URL is e.g. smtp+tls://user:password@mail.example.com:587; without one they are kept as files.
SITE_URL = env("SITE_URL", default="http://127.0.0.1:8000")  # how addresses in letters begin
vars().update(env.email_url("EMAIL_URL", default=f"filemail:///{BASE_DIR}/var/mail"))
MAIL_LEAVES = bool(env("EMAIL_URL", default=""))  # else an invitation's link is shown to who invites, to be handed over
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="Hezhang <hezhang@localhost>")
EMAIL_TIMEOUT = 30  # seconds

# Files
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static", ("vendor", BASE_DIR / "var" / "vendor")]
STATIC_ROOT = BASE_DIR / "var" / "static"
WHITENOISE_USE_FINDERS = True
FONTS_ROOT = BASE_DIR / "var" / "fonts"  # TrueType files for the PDF, fetched by bin/assets.py fonts
MEDIA_ROOT = Path(env("MEDIA_ROOT", default=str(BASE_DIR / "var" / "files")))
MEDIA_URL = ""  # never served by address: downloads go through views that check the merchant
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600

# What a browser may do with our pages
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_ENGINE = "apps.merchants.models.sessions"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 60 * 60 * 12
CSRF_COOKIE_SAMESITE = "Lax"

# Lists, tables, API
DJANGO_TABLES2_TEMPLATE = "components/table.html"
FILTERS_EMPTY_CHOICE_LABEL = _("all")
IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = True
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
}

LOGGING = logging_config(as_json=False, level=env("LOG_LEVEL", default="INFO"))
DJANGO_STRUCTLOG_CELERY_ENABLED = False

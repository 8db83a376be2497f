"""Settings. What differs from place to place comes from the environment, by `SELFCARD_…`.

Everything has a default that runs on one machine with nothing set; `docs/operations.md` lists the
variables. No secret is here: keys are made on the first run, in the data folder's key folder.
"""

import logging
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _
from psycopg.conninfo import conninfo_to_dict

from selfcard.core.keys import key_in

PACKAGE = Path(__file__).resolve().parent.parent
PROJECT = PACKAGE.parent

DATA_FOLDER = Path(os.environ.get("SELFCARD_DATA", PROJECT / "var")).resolve()
KEY_FOLDER = DATA_FOLDER / "keys"
PRINT_FOLDER = DATA_FOLDER / "print"


def _is_on(name: str) -> bool:
    return os.environ.get(name, "off").strip().lower() in ("on", "1", "true", "yes")


# The insurer
INSURER_NAME = {"zh-hans": "灯塔保险股份有限公司", "en": "Lantern Insurance Company Limited"}
INSURER_SHORT_NAME = {"zh-hans": "灯塔保险", "en": "Lantern Insurance"}
INSURER_ADDRESS = {
    "zh-hans": "浙江省杭州市上城区灯塔路1号",
    "en": "1 Lantern Road, Shangcheng District, Hangzhou, Zhejiang",
}
INSURER_TAX_NUMBER = os.environ.get("SELFCARD_INSURER_TAX_NUMBER", "")
HELP_NUMBER = os.environ.get("SELFCARD_HELP_NUMBER", "400 555 0100")
PUBLIC_ADDRESS = os.environ.get(
    "SELFCARD_PUBLIC_ADDRESS", f"http://127.0.0.1:{os.environ.get('SELFCARD_PORT', '8910')}"
)
# Where cards are activated by SMS; no word of it anywhere while there is no such number.
SMS_NUMBER = os.environ.get("SELFCARD_SMS_NUMBER", "")
# By what SMS come and go: `smpp`, through `selfcard sms`; `http`, signed; or nothing.
SMS_GATEWAY = os.environ.get("SELFCARD_SMS_GATEWAY", "").strip().lower()
SMS_HTTP_ADDRESS = os.environ.get("SELFCARD_SMS_HTTP_ADDRESS", "")
SMPP_HOST, _colon, _port = os.environ.get("SELFCARD_SMPP_ADDRESS", "").partition(":")
SMPP_PORT = int(_port or "2775")
SMPP_ACCOUNT = os.environ.get("SELFCARD_SMPP_ACCOUNT", "")
SMPP_PASSWORD = os.environ.get("SELFCARD_SMPP_PASSWORD", "")
# So many parts may be under way to the centre before it has taken the first of them.
SMPP_WINDOW = int(os.environ.get("SELFCARD_SMPP_WINDOW", "10"))
SMPP_ENQUIRE_EVERY = timedelta(seconds=30)
SMPP_ANSWER_WITHIN = timedelta(seconds=15)
# The same words of the same number are one message for so long; parts wait so long for the others
# (`docs/sms.md`).
SMS_SAME = timedelta(minutes=10)
SMS_PARTS_WAIT = timedelta(minutes=10)
# How many messages of one number are read and answered in an hour, how many of them without a
# keyword, and how many of all numbers together: each answer costs money.
SMS_AN_HOUR = 20
SMS_WITHOUT_KEYWORD_AN_HOUR = 3
SMS_AN_HOUR_IN_ALL = int(os.environ.get("SELFCARD_SMS_ANSWERS_AN_HOUR", "20000"))
APPROVAL_DAYS = int(os.environ.get("SELFCARD_APPROVAL_DAYS", "14"))
# Working days are counted where the insurer is; within so many a loss is announced publicly.
INSURER_COUNTRY = os.environ.get("SELFCARD_INSURER_COUNTRY", "CN")
LOSS_ANNOUNCEMENT_DAYS = int(os.environ.get("SELFCARD_LOSS_ANNOUNCEMENT_DAYS", "5"))
# How a caller's PIN comes to the desk: `said` and typed there, by a `link` to the caller's phone
# and not otherwise, or `either`.
DESK_PIN = os.environ.get("SELFCARD_DESK_PIN", "said").strip().lower()
# A sale of more cards is warned of; where the insurer wants it, a second person agrees to it.
LARGE_SALE_CARDS = int(os.environ.get("SELFCARD_LARGE_SALE_CARDS", "500"))
LARGE_SALE_NEEDS_SECOND_PERSON = _is_on("SELFCARD_LARGE_SALE_NEEDS_SECOND_PERSON")
# So many days after its registration a sale is to be paid; then it is flagged, and where the
# insurer wants it, its seller gets no further cards.
SALE_DUE_DAYS = int(os.environ.get("SELFCARD_SALE_DUE_DAYS", "30"))
OVERDUE_BLOCKS = _is_on("SELFCARD_OVERDUE_BLOCKS")
# Whether whoever counts a drawer is shown what should lie in it only afterwards.
BLIND_COUNT = os.environ.get("SELFCARD_BLIND_COUNT", "on") != "off"
# Days of the books are closed at night once they have been over for so many days; by hand only,
# where nothing is said.
_CLOSE_AFTER = os.environ.get("SELFCARD_CLOSE_BOOKS_AFTER_DAYS", "").strip()
CLOSE_BOOKS_AFTER_DAYS = int(_CLOSE_AFTER) if _CLOSE_AFTER else None
# How long a member of staff sees what they have said why they need to see.
UNMASKED_FOR = timedelta(minutes=10)
# Within so many days after somebody asked for it, the cancellation of a policy is entered.
CANCELLATION_ENTRY_DAYS = int(os.environ.get("SELFCARD_CANCELLATION_ENTRY_DAYS", "10"))
# Paid cards past their last day get at most so many days more.
EXTENSION_DAYS = int(os.environ.get("SELFCARD_EXTENSION_DAYS", "731"))
# Reminders: between which hours, and how many days before the last day to activate and before the
# end of a cover they come; when one who left a draft is reminded; how long a buyer's phone is kept.
REMINDER_HOURS = (9, 20)
DEADLINE_REMINDERS = (30, 7, 1)
COVER_REMINDERS = (30, 7)
DRAFT_REMINDER_AFTER = timedelta(days=1)
BUYER_PHONE_MEMORY = timedelta(days=366 * 3)
# So long may cards be on the way between two organisations; then both are reminded.
TRANSIT_DAYS = int(os.environ.get("SELFCARD_TRANSIT_DAYS", "7"))

# The PIN gate: how often one may err, and how long that is remembered (`docs/pins.md`).
GATE_FREE_TRIES = 5
GATE_WAIT = timedelta(seconds=30)
# What a device may work instead, for each failure beyond: so many numbers to try at most.
GATE_WORK = int(os.environ.get("SELFCARD_GATE_WORK", "20000"))
GATE_TICKET = timedelta(minutes=10)
GATE_SOURCE_MEMORY = timedelta(hours=1)
GATE_TARGET_CAP = 10
GATE_POLICY_CAP = 200
GATE_TARGET_MEMORY = timedelta(days=1)
# More failures in all than this, in about the time of the memory, raise the price for everybody.
GATE_ALARM_FAILURES = int(os.environ.get("SELFCARD_GATE_ALARM_FAILURES", "2000"))
GATE_ALARM_MEMORY = timedelta(minutes=10)
GATE_ALARM_WAIT = timedelta(seconds=10)
GATE_ALARM_WORK = int(os.environ.get("SELFCARD_GATE_ALARM_WORK", "200000"))
PROOF_IDLE = timedelta(minutes=30)
PROOF_LONGEST = timedelta(hours=2)
DRAFT_MEMORY = timedelta(days=30)

# How long the rest is kept (`docs/security.md`). A year is counted as 366 days, never too short.
RECORD_TIME = timedelta(days=366 * int(os.environ.get("SELFCARD_RECORD_YEARS", "10")))
REQUEST_MEMORY = timedelta(days=30)
SIGN_IN_MEMORY = timedelta(days=184)

# Files that people hand in: how large one may be, how fine a picture and how long a PDF; how fine
# a picture is kept; how many come at once, and how many a notice of claim may have.
ATTACHMENT_BYTES = int(os.environ.get("SELFCARD_ATTACHMENT_BYTES", "8000000"))
ATTACHMENT_PIXELS = 50_000_000
ATTACHMENT_PAGES = 60
ATTACHMENT_SIDE = 4000
ATTACHMENTS_AT_ONCE = 5
COPIES_OF_A_CASE = 10
# So many notices of claim a day the holder of a card may send themself; more are taken by phone.
CLAIMS_OF_A_CARD_A_DAY = int(os.environ.get("SELFCARD_CLAIMS_A_DAY", "5"))
ATTACHMENTS_OF_A_CLAIM = int(os.environ.get("SELFCARD_CLAIM_ATTACHMENTS", "30"))

# Whose key signs policies: a file of the insurer's, or whatever answers behind the port; where
# nothing is named, a demonstration's (`docs/policies.md`).
POLICY_SIGNER = os.environ.get(
    "SELFCARD_SIGNER", "selfcard.policies.signing.certificates.from_files"
)
POLICY_SIGNING_FILE = os.environ.get("SELFCARD_SIGNING_FILE", "")
POLICY_SIGNING_PASSWORD = os.environ.get("SELFCARD_SIGNING_PASSWORD", "")

# Messages: by which mail server e-mail leaves. A demonstration sends nothing: its SMS can be read
# on a page of the portal, its e-mail in files of the data folder (`docs/messages.md`).
DEMO_MESSAGES = _is_on("SELFCARD_DEMO_MESSAGES")
DEMO_MESSAGE_FOLDER = DATA_FOLDER / "demo-messages"
EMAIL_HOST = "" if DEMO_MESSAGES else os.environ.get("SELFCARD_EMAIL_HOST", "")
EMAIL_PORT = int(os.environ.get("SELFCARD_EMAIL_PORT", "587"))
EMAIL_HOST_USER = os.environ.get("SELFCARD_EMAIL_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("SELFCARD_EMAIL_PASSWORD", "")
EMAIL_USE_TLS = os.environ.get("SELFCARD_EMAIL_TLS", "on") != "off"
EMAIL_TIMEOUT = 10
EMAIL_BACKEND = f"django.core.mail.backends.{'filebased' if DEMO_MESSAGES else 'smtp'}.EmailBackend"
EMAIL_FILE_PATH = DEMO_MESSAGE_FOLDER / "mail"
DEFAULT_FROM_EMAIL = os.environ.get("SELFCARD_EMAIL_FROM", "cards@localhost")
# Codes to a phone: how long one counts, how often it and its policy may be tried, and how many are
# sent for one policy in an hour, to one who asks and altogether.
CODE_LASTS = timedelta(minutes=10)
CODE_TRIES = 5
CODE_POLICY_CAP = 30
CODES_MEMORY = timedelta(hours=1)
CODES_AN_HOUR = 3
CODES_AN_HOUR_IN_ALL = 6

# How many of our own web servers stand before this one and name the visitor's address.
SERVERS_BEFORE = int(os.environ.get("SELFCARD_SERVERS_BEFORE", "0"))

# Django
SECRET_KEY = key_in(KEY_FOLDER, "django").hex()
DEBUG = False
ALLOWED_HOSTS = os.environ.get("SELFCARD_HOSTS", "127.0.0.1,localhost,[::1]").split(",")
ROOT_URLCONF = "selfcard.config.urls"
WSGI_APPLICATION = "selfcard.config.wsgi.application"
AUTH_USER_MODEL = "organisations.Staff"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CAPABILITIES = [
    "core",
    "organisations",
    "approvals",
    "ledger",
    "messaging",
    "products",
    "cards",
    "custody",
    "payments",
    "sales",
    "policies",
    "activation",
    "claims",
    "sms",
    "inquiry",
]

INSTALLED_APPS = [
    *(f"selfcard.{name}" for name in CAPABILITIES),
    "selfcard.web",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "csp",
    "django_cotton.apps.SimpleAppConfig",
    "django_tables2",
    "django_filters",
    "django_structlog",
    "pgtrigger",
    "procrastinate.contrib.django",
]

MIDDLEWARE = [
    "selfcard.web.proxies.BehindProxies",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "selfcard.web.middleware.RequestLog",
    "selfcard.web.middleware.SessionsEnd",
    "selfcard.web.middleware.StaffLanguage",
    "selfcard.web.middleware.ButtonsHaveAPage",
    "selfcard.web.middleware.OnlyWhatCanBeTyped",
    "axes.middleware.AxesMiddleware",
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # Every room of a face keeps its own templates.
        "DIRS": sorted((PACKAGE / "web").glob("**/templates")),
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "selfcard.web.context.page",
            ],
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django_cotton.cotton_loader.Loader",
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "builtins": [
                "django_cotton.templatetags.cotton",
                "selfcard.web.templatetags.selfcard",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# Database: PostgreSQL, by DATABASE_URL; the launcher sets it for the embedded server.
_database = conninfo_to_dict(os.environ.get("DATABASE_URL", "postgresql:///selfcard"))
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _database.pop("dbname", "selfcard"),
        "USER": _database.pop("user", ""),
        "PASSWORD": _database.pop("password", ""),
        "HOST": _database.pop("host", ""),
        "PORT": str(_database.pop("port", "")),
        "CONN_MAX_AGE": 0,
        "OPTIONS": {
            "pool": {"min_size": 1, "max_size": 12, "timeout": 20},
            # Of the queries that every deed asks (`core.compiled`), which alone are prepared. They
            # are planned once, and not anew for the values of each: the values of serials would
            # seem to make a difference, and planning took longer than the answers.
            "prepare_threshold": 2,
            "options": f"{_database.pop('options', '')} -c plan_cache_mode=force_generic_plan",
            **_database,
        },
    }
}
if os.environ.get("SELFCARD_TESTING"):
    DATABASES["default"]["OPTIONS"]["pool"] = False  # type: ignore[index]

# Language and time: the insurer's zone rules deadlines, cover and working days.
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("中文")), ("en", _("English"))]
LOCALE_PATHS = sorted(path for path in PACKAGE.glob("**/locale") if path.is_dir())
FORMAT_MODULE_PATH = "selfcard.config.formats"
USE_I18N = True
USE_TZ = True
TIME_ZONE = os.environ.get("SELFCARD_TIME_ZONE", "Asia/Shanghai")

# Who comes in
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/office/"
LOGOUT_REDIRECT_URL = "/office/"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "selfcard.web.account.StaffAccounts"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_FORMS = {
    "login": "selfcard.web.account.SignInForm",
    "change_password": "selfcard.web.account.PasswordForm",
    "reauthenticate": "selfcard.web.account.ConfirmForm",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Selfcard"
MFA_ADAPTER = "selfcard.web.account.StaffTwoStep"
# Guessing at one account is counted by axes, in the database; this is for many accounts.
ACCOUNT_RATE_LIMITS = {"login_failed": "30/m/ip"}
AXES_LOCKOUT_TEMPLATE = "account/locked.html"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True

# A session ends after 15 idle minutes, and after 12 hours in any case.
SESSION_ENGINE = "selfcard.web.sessions"
SESSION_IDLE_MINUTES = 15
SESSION_LONGEST_HOURS = 12
SESSION_COOKIE_AGE = SESSION_LONGEST_HOURS * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_COOKIE_HTTPONLY = True

# Behind TLS the cookies are for TLS only; the demo on loopback has none.
_secure = PUBLIC_ADDRESS.startswith("https:")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _secure
SECURE_HSTS_SECONDS = 31_536_000 if _secure else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_TRUSTED_ORIGINS = [PUBLIC_ADDRESS] if _secure else []

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# Files
STATIC_URL = "static/"
STATIC_ROOT = DATA_FOLDER / "static"
STATICFILES_DIRS = [PACKAGE / "web" / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
# A form takes 2,000 runs of cards, of three fields each; one with more is still told so there.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000
# What people hand in is kept in memory until it is encrypted, never in a file beside.
FILE_UPLOAD_HANDLERS = ["selfcard.web.uploads.KeptInMemory"]

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": os.environ.get("SELFCARD_LOG", "WARNING")},
}
# One line a request, and tracebacks without the values of variables: a PIN may be among them.
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper("iso"),
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ],
    wrapper_class=structlog.make_filtering_bound_logger(
        logging.getLevelNamesMapping()[os.environ.get("SELFCARD_LOG", "WARNING")]
    ),
)

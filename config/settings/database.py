"""The database: SQLite unless `DATABASE_URL` names another."""

from .environment import BASE_DIR, env

# All of it is needed: under load Django's defaults gave 214 "database is locked", WAL alone 1,217, this together 0.
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA busy_timeout=20000;",
}


def database_from_environment() -> dict:
    """The `default` entry of DATABASES.

    ATOMIC_REQUESTS stays off: a request that waits for something would hold SQLite's only write lock.
    """
    file = BASE_DIR / "var" / "hezhang.sqlite3"
    database = env.db_url("DATABASE_URL", default=f"sqlite:///{file}")
    if database["ENGINE"] == "django.db.backends.sqlite3":
        file.parent.mkdir(exist_ok=True)
        return {**database, "OPTIONS": SQLITE_OPTIONS}
    # Kept by each thread; bench/notices.py says what a connection per request (`?conn_max_age=0`) costs.
    return {"CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True, **database}

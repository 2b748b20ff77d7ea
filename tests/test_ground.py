"""The floor everything else stands on: the checks of Django, the health addresses, the headers of every page."""

import os
import socket
import subprocess
import sys
from contextlib import contextmanager

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.template import Context, Origin, Template

from tests.strictness import NetworkRefused, UndefinedTemplateVariable


def test_system_check_finds_nothing():
    call_command("check", fail_level="WARNING")


def test_healthz_answers_without_a_database(client):
    answer = client.get("/healthz")

    assert (answer.status_code, answer.content) == (200, b"ok")


@pytest.mark.django_db
def test_pages_forbid_inline_scripts_and_styles(client):
    answer = client.get("/healthz")

    policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
    assert policy["script-src"] == "'self'"
    assert policy["style-src"] == "'self'"
    assert policy["img-src"] == "'self' data:"
    assert policy["form-action"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert answer.headers["X-Frame-Options"] == "DENY"


def test_undefined_variable_in_our_template_fails_and_in_a_library_is_empty():
    ours = Template("{{ nobody }}", origin=Origin(str(settings.BASE_DIR / "templates" / "page.html")))
    theirs = Template("{{ nobody }}", origin=Origin("site-packages/page.html"))

    with pytest.raises(UndefinedTemplateVariable, match="nobody"):
        ours.render(Context())
    assert theirs.render(Context()) == ""


def test_tests_cannot_leave_the_machine():
    with pytest.raises(NetworkRefused, match=r"192\.0\.2\.1"):
        socket.create_connection(("192.0.2.1", 443), timeout=1)


MIGRATE = """
import django
from django.core.management import call_command

django.setup()
call_command("migrate", verbosity=0)
call_command("migrate", check_unapplied=True)
"""


@pytest.mark.postgres
@pytest.mark.slow
def test_migrations_make_an_empty_database_ready(tmp_path):
    """The tests make their tables from the models; here the migrations themselves run, from nothing, in a process of their own."""
    with fresh_database(tmp_path) as url:
        environment = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings.test"}
        done = subprocess.run(
            [sys.executable, "-c", MIGRATE], cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")


@contextmanager
def fresh_database(folder):
    """An empty database of the kind under test."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{folder / 'empty.sqlite3'}"
        return
    values = connection.settings_dict
    address = f"postgres://{values['USER']}@{values['HOST']}:{values['PORT']}"
    name = f"hezhang_empty_{os.getpid()}"
    with psycopg.connect(f"{address}/postgres", autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        try:
            yield f"{address}/{name}"
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")

"""The floor everything else stands on: the checks of Django, the health addresses, the headers of every page."""

import pytest
from django.core.management import call_command


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

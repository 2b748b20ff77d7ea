"""A person's own security page: factors, recovery codes, sessions."""

from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client

from apps.audit.models import AuditEvent
from apps.merchants.models import UserSession
from apps.merchants.tasks import forget_sessions
from tests import cast

pytestmark = pytest.mark.django_db

BACKEND = "django.contrib.auth.backends.ModelBackend"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile Safari/604.1"


@pytest.fixture
def time():
    with time_machine.travel(cast.NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def lin(time):
    return cast.owner(cast.make_merchant(), email="lin@example.com", name="Lin", language="en")


def inside(user, **client_options):
    client = Client(**client_options)
    client.force_login(user, backend=BACKEND)
    return client


def code_of(secret, now=cast.NOW):
    return format_hotp_value(hotp_value(secret, int(now.timestamp()) // 30))


def set_up_app(client) -> str:
    client.post("/profile/security/app/", {"password": cast.PASSWORD})
    page = client.get("/profile/security/app/")
    secret = page.context["secret"].replace(" ", "")
    return client.post("/profile/security/app/", {"code": code_of(secret)})


def test_the_first_factor_asks_for_the_password(lin):
    client = inside(lin)

    asked = client.get("/profile/security/app/")
    wrong = client.post("/profile/security/app/", {"password": "no"})
    right = client.post("/profile/security/app/", {"password": cast.PASSWORD})

    assert (asked.templates[0].name, wrong.status_code) == ("merchants/security_password.html", 422)
    assert (right.status_code, right.headers["Location"]) == (302, "/profile/security/app/")
    assert client.get("/profile/security/app/").templates[0].name == "merchants/security_app.html"


def test_an_app_counts_once_its_first_code_is_right(lin, run_jobs):
    client = inside(lin)
    client.post("/profile/security/app/", {"password": cast.PASSWORD})
    wrong = client.post("/profile/security/app/", {"code": "000000"})
    before = Authenticator.objects.count()
    shown = set_up_app(client)

    assert (wrong.status_code, before, shown.templates[0].name) == (422, 0, "merchants/security_codes.html")
    assert len(shown.context["codes"]) == 10
    assert sorted(Authenticator.objects.values_list("type", flat=True)) == ["recovery_codes", "totp"]
    actions = list(AuditEvent.objects.order_by("pk").values_list("action", flat=True))
    assert actions == ["factor.app_added", "factor.recovery_codes_made"]
    run_jobs()
    assert [letter.to for letter in mail.outbox] == [["lin@example.com"]] * 2
    assert mail.outbox[0].subject == "Hezhang: a change to your access"
    assert "2026-11-20 15:46 (Asia/Taipei)" in mail.outbox[0].body


def test_the_picture_obeys_the_content_policy(lin):
    client = inside(lin)
    client.post("/profile/security/app/", {"password": cast.PASSWORD})
    picture = str(client.get("/profile/security/app/").context["picture"])

    assert picture.startswith('<svg class="qr" viewBox="0 0 ')
    assert "style" not in picture
    assert "fill" not in picture


@pytest.mark.parametrize("path", ["app/", "passkeys/add/", "recovery/", "factors/1/remove/", "factors/1/rename/"])
def test_changes_need_a_fresh_factor(lin, time, path):
    cast.with_totp(lin)
    client = inside(lin)
    cast.give_factor(client, cast.NOW - timedelta(minutes=10))

    answer = client.post(f"/profile/security/{path}", {"name": "x", "code": "1", "password": cast.PASSWORD})

    assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (302, "/step-up/")
    assert Authenticator.objects.count() == 1


def test_removing_the_last_factor_takes_the_recovery_codes_too(lin):
    client = inside(lin)
    set_up_app(client)
    row = Authenticator.objects.get(type="totp")

    assert client.post(f"/profile/security/factors/{row.pk}/remove/").status_code == 302
    assert Authenticator.objects.count() == 0
    assert AuditEvent.objects.order_by("-pk")[0].action == "factor.removed"


def test_another_persons_factor_cannot_be_touched(lin):
    client = inside(lin)
    set_up_app(client)
    other = cast.with_totp(cast.outsider())
    row = Authenticator.objects.get(user=other)

    assert client.post(f"/profile/security/factors/{row.pk}/remove/").status_code == 404
    assert client.post(f"/profile/security/factors/{row.pk}/rename/", {"name": "mine"}).status_code == 404
    assert Authenticator.objects.filter(user=other).count() == 1


def test_recovery_codes_are_no_factor_by_themselves(lin):
    client = inside(lin)
    client.post("/profile/security/recovery/", {"password": cast.PASSWORD})

    assert client.post("/profile/security/recovery/").headers["Location"] == "/profile/security/"
    assert Authenticator.objects.count() == 0


def test_sessions_are_listed_with_device_place_and_time(lin, time):
    phone = inside(lin, headers={"user-agent": SAFARI}, REMOTE_ADDR="10.0.0.7")
    phone.get("/profile/")
    time.shift(timedelta(minutes=20))
    desk = inside(lin, headers={"user-agent": CHROME}, REMOTE_ADDR="10.0.0.8")

    page = desk.get("/profile/security/")
    page = desk.get("/profile/security/")

    found = [(one.device, one.address, one.is_current, one.seen_at) for one in page.context["sessions"]]
    later = cast.NOW + timedelta(minutes=20)
    assert found == [("Chrome · Windows", "10.0.0.8", True, later), ("Safari · iPhone", "10.0.0.7", False, cast.NOW)]
    assert phone.session.session_key not in page.content.decode()


def test_last_seen_is_written_every_five_minutes_and_not_more_often(lin, time, django_assert_num_queries):
    client = inside(lin)
    client.get("/profile/")
    time.shift(timedelta(minutes=4, seconds=59))
    client.get("/profile/")
    assert UserSession.objects.get().seen_at == cast.NOW
    time.shift(timedelta(seconds=1))
    client.get("/profile/")
    assert UserSession.objects.get().seen_at == cast.NOW + timedelta(minutes=5)


def test_an_ended_session_is_over_at_once(lin):
    desk, phone, third = inside(lin), inside(lin), inside(lin)
    marks = [one.mark for one in desk.get("/profile/security/").context["sessions"] if not one.is_current]
    for client in (phone, third):
        assert client.get("/profile/").status_code == 200

    desk.post(f"/profile/security/sessions/{marks[0]}/end/")
    after_one = sorted(client.get("/profile/").status_code for client in (phone, third))
    desk.post("/profile/security/sessions/end/")
    after_all = [client.get("/profile/").status_code for client in (desk, phone, third)]

    assert (after_one, after_all) == ([200, 302], [200, 302, 302])
    assert [event.action for event in AuditEvent.objects.order_by("pk")] == ["session.ended", "session.others_ended"]


def test_nobody_ends_another_persons_session(lin):
    other = inside(cast.outsider())
    mark = other.get("/profile/security/").context["sessions"][0].mark

    inside(lin).post(f"/profile/security/sessions/{mark}/end/")

    assert other.get("/profile/").status_code == 200


def test_expired_sessions_are_not_listed(lin, time):
    inside(lin).get("/profile/")
    time.shift(timedelta(hours=13))

    assert len(inside(lin).get("/profile/security/").context["sessions"]) == 1
    forget_sessions()
    assert UserSession.objects.count() == 1


def test_the_command_line_lets_back_in_who_lost_everything(lin, capsys):
    cast.with_totp(lin)

    call_command("remove_factors", "--email", "LIN@example.com", "--reason", "telephone lost, called back")

    event = AuditEvent.objects.get()
    assert (capsys.readouterr().out, Authenticator.objects.count()) == ("1 removed from lin@example.com\n", 0)
    assert (event.action, event.reason, event.actor_id) == ("factor.all_removed", "telephone lost, called back", "")
    with pytest.raises(CommandError):
        call_command("remove_factors", "--email", "nobody@example.com", "--reason", "x")

"""The second factor: when logging in, and again before a grave decision."""

from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.test import Client

from apps.audit.models import AuditEvent
from apps.core import clock
from apps.merchants import step_up
from apps.merchants.errors import CodesPaused, CodeWrong
from apps.merchants.services.factors import check_code, new_recovery_codes
from tests import cast

pytestmark = pytest.mark.django_db

BACKEND = "django.contrib.auth.backends.ModelBackend"
LOGIN = {"username": "lin@example.com", "password": cast.PASSWORD}


@pytest.fixture
def time():
    with time_machine.travel(cast.NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def lin(time):
    return cast.with_totp(cast.owner(cast.make_merchant(), email="lin@example.com"))


def is_inside(client) -> bool:
    return client.get("/profile/").status_code == 200


def test_without_a_factor_the_password_is_enough(client, time):
    cast.owner(cast.make_merchant(), email="lin@example.com")

    assert (client.post("/login/", LOGIN).headers["Location"], is_inside(client)) == ("/", True)


def test_the_password_alone_opens_nothing_to_who_has_a_factor(client, lin):
    answer = client.post("/login/?next=/m/qingtian/settings/", LOGIN)

    assert (answer.headers["Location"], is_inside(client)) == ("/login/factor/", False)
    opened = client.post("/login/factor/", {"code": cast.totp_code(lin)})
    assert (opened.headers["Location"], is_inside(client)) == ("/m/qingtian/settings/", True)
    assert client.session["second_factor_at"] == cast.NOW.isoformat()


@pytest.mark.parametrize(("shift", "status"), [(-60, 422), (-30, 302), (0, 302), (30, 302), (60, 422)])
def test_a_code_may_be_one_period_off(client, lin, shift, status):
    client.post("/login/", LOGIN)

    answer = client.post("/login/factor/", {"code": cast.totp_code(lin, cast.NOW + timedelta(seconds=shift))})

    assert (answer.status_code, is_inside(client)) == (status, status == 302)


def test_a_code_works_once_and_uses_up_those_before_it(lin):
    codes = [cast.totp_code(lin, cast.NOW + timedelta(seconds=shift)) for shift in (0, 0, -30, 30)]
    statuses = []
    for code in codes:
        client = Client()
        client.post("/login/", LOGIN)
        statuses.append(client.post("/login/factor/", {"code": code}).status_code)

    assert statuses == [302, 422, 422, 302]


def test_a_recovery_code_works_once_and_is_on_the_record(lin):
    codes = new_recovery_codes(user=lin, now=cast.NOW)
    statuses = []
    for code in (codes[3], codes[3], f"{codes[4][:4]} {codes[4][4:]}"):
        client = Client()
        client.post("/login/", LOGIN)
        statuses.append(client.post("/login/factor/", {"code": code}).status_code)

    assert (len(set(codes)), statuses) == (10, [302, 422, 302])
    used = AuditEvent.objects.filter(action="factor.recovery_code_used").order_by("pk")
    assert [event.after for event in used] == [{"left": 9}, {"left": 8}]


def test_new_recovery_codes_end_the_ones_before(lin):
    before = new_recovery_codes(user=lin, now=cast.NOW)
    after = new_recovery_codes(user=lin, now=cast.NOW)
    client = Client()
    client.post("/login/", LOGIN)

    assert set(before) & set(after) == set()
    assert client.post("/login/factor/", {"code": before[0]}).status_code == 422
    assert client.post("/login/factor/", {"code": after[0]}).status_code == 302


def test_wrong_codes_and_wrong_passwords_share_one_lock_out(lin, settings):
    settings.AXES_ENABLED = True
    client = Client()
    wrong = [client.post("/login/", LOGIN | {"password": "no"}).status_code for _ in range(2)]
    client.post("/login/", LOGIN)
    codes = [client.post("/login/factor/", {"code": "000000"}).status_code for _ in range(3)]
    right = client.post("/login/factor/", {"code": cast.totp_code(lin)})

    assert (wrong, codes, right.status_code, is_inside(client)) == ([200, 200], [422, 422, 429], 429, False)


def test_twenty_wrong_codes_from_anywhere_pause_codes_for_an_hour(lin, time):
    for number in range(20):
        with pytest.raises(CodeWrong):
            check_code(user=lin, code=f"{number:06}", now=cast.NOW + timedelta(minutes=number))
    moment = cast.NOW + timedelta(minutes=59, seconds=59)

    with pytest.raises(CodesPaused):
        check_code(user=lin, code=cast.totp_code(lin, moment), now=moment)
    moment += timedelta(seconds=1)
    assert check_code(user=lin, code=cast.totp_code(lin, moment), now=moment) == "totp"


def test_waiting_at_the_door_ends_after_ten_minutes(client, lin, time):
    client.post("/login/", LOGIN)
    time.shift(timedelta(minutes=10, seconds=1))

    answer = client.post("/login/factor/", {"code": cast.totp_code(lin)})

    assert (answer.headers["Location"], is_inside(client)) == ("/login/", False)


@pytest.mark.parametrize("change", ["password", "inactive"])
def test_waiting_at_the_door_ends_with_the_account_as_it_was(client, lin, change):
    client.post("/login/", LOGIN)
    if change == "password":
        lin.set_password("another-long-secret")
    else:
        lin.is_active = False
    lin.save()

    assert client.post("/login/factor/", {"code": cast.totp_code(lin)}).headers["Location"] == "/login/"
    assert not is_inside(client)


def test_the_second_step_needs_the_first(client, lin):
    assert client.get("/login/factor/").headers["Location"] == "/login/"


def test_the_secret_at_rest_is_no_secret_in_clear(lin):
    row = Authenticator.objects.get(user=lin)

    assert cast.TOTP_SECRET not in row.data["secret"]


def inside(user):
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


def test_step_up_counts_for_ten_minutes_in_this_session_only(lin, time, rf):
    client = inside(lin)
    elsewhere = inside(lin)
    answer = client.post("/step-up/?next=/m/qingtian/settings/", {"code": cast.totp_code(lin)})
    request = rf.get("/")

    def fresh(of):
        request.session = of.session
        return step_up.fresh_at(request)

    assert answer.headers["Location"] == "/m/qingtian/settings/"
    assert (fresh(client), fresh(elsewhere)) == (cast.NOW, None)
    time.shift(timedelta(minutes=9, seconds=59))
    assert fresh(client) == cast.NOW
    time.shift(timedelta(seconds=1))
    assert (fresh(client), step_up.given_at(request)) == (None, cast.NOW)


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", ""])
def test_step_up_never_leads_to_another_site(lin, target):
    answer = inside(lin).post("/step-up/", {"code": cast.totp_code(lin), "next": target})

    assert (answer.status_code, answer.headers["Location"]) == (302, "/")


def test_step_up_without_a_factor_leads_to_setting_one_up(time):
    client = inside(cast.owner(cast.make_merchant()))

    page = client.post("/step-up/?next=/m/qingtian/", {"code": "123456"})

    assert (page.templates[0].name, "second_factor_at" in client.session) == ("merchants/step_up_missing.html", False)


def test_step_up_refuses_a_wrong_code_and_keeps_asking(lin, settings):
    settings.AXES_ENABLED = True
    client = inside(lin)

    statuses = [client.post("/step-up/", {"code": "000000"}).status_code for _ in range(5)]

    assert (statuses, "second_factor_at" in client.session) == ([422, 422, 422, 422, 429], False)


def test_broken_passkey_answers_are_refused(lin):
    client = inside(lin)

    for text in ("{", "[]", "{}", '{"id": "x", "rawId": "eA", "type": "public-key", "response": {}}', "7"):
        assert client.post("/step-up/", {"credential": text}).status_code == 422, text
    assert clock.now() == cast.NOW

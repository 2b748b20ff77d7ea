"""Payouts and bank lines as pages: lists, filters, files, the account, ties made and undone by people."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.audit.models import AuditEvent
from apps.core import clock
from apps.settlements.models import BankMatch
from tests import cast

pytestmark = pytest.mark.django_db
LIST, BANK = "/m/qingtian/payouts/", "/m/qingtian/payouts/bank/"


@pytest.fixture
def ecpay(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: cast.NOW)
    return cast.make_channel(cast.make_merchant(), bank_keywords=["ECPAY"])


@pytest.fixture
def sign(client):
    def as_user(user):
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return as_user


def make_many(channel, count, start=0) -> None:
    statement = cast.make_bank_statement(channel.bank_account, day=cast.TODAY - timedelta(days=start))
    for number in range(start, start + count):
        due = cast.TODAY - timedelta(days=number)
        payout = cast.make_payout(channel, f"PO-{number}", 1000 + number, due_on=due, arrived_on=due, arrived_minor=1000 + number)
        line = cast.make_bank_line(statement, 1000 + number, booked_on=due, memo=f"ECPAY {number}")
        BankMatch.objects.create(merchant=channel.merchant, payout=payout, bank_line=line, amount_minor=1000 + number, rule="due_amount")


@pytest.mark.parametrize("path", [LIST, BANK])
def test_a_list_takes_the_same_queries_for_one_and_many(ecpay, sign, path):
    client = sign(cast.viewer(ecpay.merchant))
    make_many(ecpay, 1)
    client.get(path)
    with CaptureQueriesContext(connection) as one:
        client.get(path)
    make_many(ecpay, 12, start=1)

    with CaptureQueriesContext(connection) as many:
        client.get(path)

    assert len(one) == len(many) <= 13


def test_payouts_are_found_by_channel_state_day_and_currency(ecpay, sign):
    client = sign(cast.viewer(ecpay.merchant))
    stripe = cast.make_channel(ecpay.merchant, "stripe", currency="USD", label="Stripe")
    make_many(ecpay, 3)
    cast.make_payout(stripe, "po_1", 500, due_on=cast.TODAY + timedelta(days=2))

    def shown(query):
        return [row.ref for row in client.get(f"{LIST}?{query}").context["page"].rows]

    assert shown("") == ["po_1", "PO-0", "PO-1", "PO-2"]
    assert shown("channel=stripe") == ["po_1"]
    assert shown("state=arrived") == ["PO-0", "PO-1", "PO-2"]
    assert shown("currency=USD") == ["po_1"]
    assert shown("first=2026-11-19&last=2026-11-20") == ["PO-0", "PO-1"]
    assert shown("came_last=2026-11-18") == ["PO-2"]


def test_bank_lines_are_found_by_account_tie_amount_day_and_memo(ecpay, sign):
    client = sign(cast.viewer(ecpay.merchant))
    make_many(ecpay, 2)
    statement = cast.make_bank_statement(cast.make_bank_account(ecpay.merchant, "mega-usd", currency="USD"))
    cast.make_bank_line(statement, 77700, memo="interest", reference="REF-9")

    def shown(query):
        return sorted(row.memo for row in client.get(f"{BANK}?{query}").context["page"].rows)

    assert shown("") == ["ECPAY 0", "ECPAY 1", "interest"]
    assert shown("account=mega-usd") == ["interest"]
    assert shown("tied=no") == ["interest"]
    assert shown("tied=yes") == ["ECPAY 0", "ECPAY 1"]
    assert shown("at_least=10.01&at_most=700") == ["ECPAY 1"]
    assert shown("memo=ref-9") == ["interest"]
    assert shown("last=2026-11-19") == ["ECPAY 1"]
    assert shown("at_least=much") == []


def test_files_hold_what_the_lists_show(ecpay, sign):
    client = sign(cast.viewer(ecpay.merchant, language="en"))
    make_many(ecpay, 2)
    cast.make_line(cast.make_statement(ecpay, day=cast.TODAY), payout_ref="PO-0", merchant_ref="A1", provider_ref="T1", fee=-3500)

    def last_rows(path):
        return b"".join(client.get(path).streaming_content).decode().split("\r\n")

    payouts, bank = last_rows(f"{LIST}?export=csv&state=arrived"), last_rows(f"{BANK}?export=csv&tied=yes")
    assert payouts[-3:-1] == [
        "ecpay,PO-0,TWD,2026-11-20,2026-11-20,2026-11-20,1,10.00,,10.00,2026-11-20",
        "ecpay,PO-1,TWD,2026-11-19,2026-11-19,2026-11-19,1,10.01,,10.01,2026-11-19",
    ]
    assert [row.split(",")[4:9] for row in bank[-3:-1]] == [
        ["10.00", "", "ECPAY 0", "", "ecpay PO-0"],
        ["10.01", "", "ECPAY 1", "", "ecpay PO-1"],
    ]
    payout = ecpay.payouts.get(ref="PO-0")
    lines = last_rows(f"{LIST}{payout.pk}/?export=csv")
    assert lines[-2].split(",")[3:11] == ["Credit card", "A1", "T1", "TWD", "1280.00", "-35.00", "0.00", "1245.00"]


def test_a_payout_takes_the_same_queries_for_few_and_many_lines(ecpay, sign):
    client = sign(cast.accountant(ecpay.merchant))
    make_many(ecpay, 1)
    payout = ecpay.payouts.get()
    statement = cast.make_statement(ecpay, day=cast.TODAY)
    cast.make_line(statement, payout_ref="PO-0")
    client.get(f"{LIST}{payout.pk}/")
    counts = []
    for _round in range(2):
        for path in ("", "?view=lines"):
            with CaptureQueriesContext(connection) as found:
                client.get(f"{LIST}{payout.pk}/{path}")
            counts.append(len(found))
        for number in range(60):
            cast.make_line(statement, payout_ref="PO-0", gross=100, merchant_ref=f"B{number}")

    assert counts[:2] == counts[2:]


def test_every_line_is_paged_and_says_what_is_unexplained(ecpay, sign):
    client = sign(cast.viewer(ecpay.merchant, language="en"))
    make_many(ecpay, 1)
    payout = ecpay.payouts.get()
    statement = cast.make_statement(ecpay, day=cast.TODAY)
    for number in range(55):
        cast.make_line(statement, payout_ref="PO-0", gross=100, merchant_ref=f"B{number}")

    page = client.get(f"{LIST}{payout.pk}/?view=lines&kind=payment&method=credit_card")
    account = client.get(f"{LIST}{payout.pk}/").context["account"]

    assert (len(page.context["page"].rows), bool(page.context["page"].older)) == (50, True)
    assert (account.total.net, account.stored_gap_minor, account.unexplained_minor) == (5500, 4500, -4500)
    assert client.get(f"{LIST}{payout.pk}/?view=lines&kind=refund").context["page"].rows == []


def test_an_accountant_ties_a_payout_to_a_bank_line(ecpay, sign):
    user = cast.accountant(ecpay.merchant)
    payout = cast.make_payout(ecpay, "PO-1")
    line = cast.make_bank_line(cast.make_bank_statement(ecpay.bank_account), 8641500)

    answer = sign(user).post(f"{LIST}{payout.pk}/tie", {"bank_line": line.pk, "reason": "seen at the counter"})

    assert (answer.status_code, answer.headers["Location"]) == (302, f"{LIST}{payout.pk}/")
    payout.refresh_from_db()
    assert (payout.arrived_on, payout.arrived_minor) == (cast.TODAY, 8641500)
    tie = BankMatch.objects.get()
    assert (tie.bank_line, tie.rule, tie.made_by) == (line, "manual", user)


@pytest.mark.parametrize(
    "data", [{}, {"reason": "r"}, {"bank_line": "x", "reason": "r"}, {"bank_line": 1}, {"bank_line": 1, "reason": "  "}]
)
def test_a_tie_without_line_or_reason_changes_nothing(ecpay, sign, data):
    payout = cast.make_payout(ecpay, "PO-1")

    sign(cast.accountant(ecpay.merchant)).post(f"{LIST}{payout.pk}/tie", data)

    payout.refresh_from_db()
    assert (payout.arrived_on, BankMatch.objects.count(), AuditEvent.objects.count()) == (None, 0, 0)


def test_another_shops_bank_line_is_not_found(ecpay, sign):
    payout = cast.make_payout(ecpay, "PO-1")
    other = cast.make_merchant("other")
    theirs = cast.make_bank_line(cast.make_bank_statement(cast.make_bank_account(other, "other-twd")))

    answer = sign(cast.accountant(ecpay.merchant)).post(f"{LIST}{payout.pk}/tie", {"bank_line": theirs.pk, "reason": "r"})

    payout.refresh_from_db()
    assert (answer.status_code, payout.arrived_on, BankMatch.objects.count()) == (404, None, 0)


def test_a_line_that_carries_another_payout_is_refused_and_said_so(ecpay, sign):
    make_many(ecpay, 1)
    taken, payout = BankMatch.objects.get().bank_line, cast.make_payout(ecpay, "PO-9")

    page = sign(cast.accountant(ecpay.merchant, language="en")).post(
        f"{LIST}{payout.pk}/tie", {"bank_line": taken.pk, "reason": "r"}, follow=True
    )

    assert "One of the two is matched already" in page.content.decode()
    payout.refresh_from_db()
    assert (payout.arrived_on, BankMatch.objects.count()) == (None, 1)


def test_an_accountant_undoes_a_tie_with_a_reason_and_not_without(ecpay, sign):
    make_many(ecpay, 1)
    payout, client = ecpay.payouts.get(), sign(cast.accountant(ecpay.merchant))

    client.post(f"{LIST}{payout.pk}/untie", {"reason": ""})
    payout.refresh_from_db()
    assert (payout.arrived_minor, BankMatch.objects.get().voided_at) == (1000, None)

    client.post(f"{LIST}{payout.pk}/untie", {"reason": "another payout"})
    payout.refresh_from_db()
    assert (payout.arrived_minor, BankMatch.objects.get().voided_at) == (None, cast.NOW)
    assert client.post(f"{LIST}{payout.pk}/untie", {"reason": "again"}).status_code == 302

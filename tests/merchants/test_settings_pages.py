"""The merchant's particulars and bank accounts, through the pages: what is saved, refused and recorded."""

import pytest
from django.test import Client

from apps.audit.models import AuditEvent
from apps.merchants.models import BankAccount
from tests import cast

LIMITS = {
    "write_off_second": "5000",
    "match_second": "1000",
    "second_approver": "10000",
    "owner": "50000.00",
    "mfa": "10,000",
    "due_hours": "24",
}
SETTINGS = {"name": "晴天選物", "tax_no": "12345678", "timezone": "Asia/Tokyo", "threshold": "300.50", **LIMITS}
ACCOUNT = {"code": "chase", "bank": "Chase", "currency": "USD", "account_no": "9012", "format": "csv"}


@pytest.fixture
def shop(db):
    return cast.make_merchant()


@pytest.fixture
def client(shop):
    client = Client()
    client.force_login(cast.owner(shop), backend="django.contrib.auth.backends.ModelBackend")
    return client


def events():
    return list(AuditEvent.objects.order_by("pk").values_list("action", "before", "after"))


def test_settings_are_saved_and_only_what_changed_is_recorded(client, shop):
    client.post("/m/qingtian/settings/edit/", SETTINGS)

    shop.refresh_from_db()
    assert (shop.name, shop.tax_no, shop.timezone, shop.difference_threshold_minor) == ("晴天選物", "12345678", "Asia/Tokyo", 30050)
    assert events() == [
        (
            "merchant.changed",
            {"tax_no": "", "timezone": "Asia/Taipei", "difference_threshold_minor": 50000},
            {"tax_no": "12345678", "timezone": "Asia/Tokyo", "difference_threshold_minor": 30050},
        )
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"owner": "1.005"},
        {"mfa": "-1"},
        {"write_off_second": "-1"},
        {"match_second": "x"},
        {"second_approver": "x"},
        {"due_hours": "0"},
        {"threshold": "1.005"},
        {"threshold": "-1"},
        {"threshold": "5OO"},
        {"threshold": "1e9"},
        {"timezone": "Mars/Base"},
        {"name": ""},
    ],
)
def test_a_mistake_in_the_settings_keeps_everything_and_what_was_typed(client, shop, wrong):
    page = client.post("/m/qingtian/settings/edit/", {**SETTINGS, **wrong})

    name, value = next(iter(wrong.items()))
    shop.refresh_from_db()
    assert (page.status_code, list(page.context["form"].errors), page.context["form"][name].value()) == (422, [name], value)
    assert (shop.tax_no, shop.difference_threshold_minor, events()) == ("", 50000, [])


def test_limits_of_two_people_are_saved_and_empty_is_never(client, shop):
    limits = {"second_approver": "3000", "owner": "", "mfa": "0", "due_hours": "4", "write_off_second": "", "match_second": "2000"}
    client.post("/m/qingtian/settings/edit/", {**SETTINGS, "tax_no": "", "timezone": "Asia/Taipei", "threshold": "500", **limits})

    assert events() == [
        (
            "merchant.changed",
            {
                "refund_second_approver_above_minor": 1_000_000,
                "refund_owner_above_minor": 5_000_000,
                "refund_mfa_above_minor": 1_000_000,
                "refund_due_hours": 24,
                "write_off_second_above_minor": 500_000,
                "forced_match_second_above_minor": 100_000,
            },
            {
                "refund_second_approver_above_minor": 300_000,
                "refund_owner_above_minor": None,
                "refund_mfa_above_minor": 0,
                "refund_due_hours": 4,
                "write_off_second_above_minor": None,
                "forced_match_second_above_minor": 200_000,
            },
        )
    ]
    client.force_login(cast.viewer(shop), backend="django.contrib.auth.backends.ModelBackend")
    assert "3,000" in client.get("/m/qingtian/settings/").text


def test_a_bank_account_is_added_and_then_changed_but_keeps_code_and_currency(client, shop):
    client.post("/m/qingtian/settings/bank-accounts/new/", ACCOUNT)
    account = BankAccount.objects.get()
    client.post(f"/m/qingtian/settings/bank-accounts/{account.pk}/", {**ACCOUNT, "code": "x", "currency": "EUR", "bank": "Chase NY"})

    account.refresh_from_db()
    assert (account.merchant, account.code, account.currency, account.bank) == (shop, "chase", "USD", "Chase NY")
    assert "/m/qingtian/channels/-/bank-accounts/chase/mapping/" in client.get("/m/qingtian/settings/bank-accounts/").content.decode()
    assert [(action, before) for action, before, _after in events()] == [
        ("bank_account.added", {}),
        ("bank_account.changed", {"bank": "Chase"}),
    ]


@pytest.mark.parametrize("wrong", [{"code": "cathay-twd"}, {"currency": "usd"}, {"format": "pdf"}])
def test_a_mistake_in_a_bank_account_makes_none(client, shop, wrong):
    cast.make_bank_account(shop)

    page = client.post("/m/qingtian/settings/bank-accounts/new/", {**ACCOUNT, **wrong})

    assert (page.status_code, list(page.context["form"].errors)) == (422, list(wrong))
    assert (BankAccount.objects.count(), events()) == (1, [])


def test_those_without_the_right_read_the_settings(shop):
    client = Client()
    client.force_login(cast.viewer(shop), backend="django.contrib.auth.backends.ModelBackend")

    pages = [client.get(f"/m/qingtian/settings/{part}") for part in ("", "people/", "bank-accounts/")]

    assert [page.status_code for page in pages] == [200, 200, 200]
    assert [b'<form method="post" action="/m/' in page.content for page in pages] == [False, False, False]

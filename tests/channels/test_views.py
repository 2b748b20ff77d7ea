"""Pages of channels: who may open them, what they say, and that a refused change leaves nothing behind."""

from datetime import date

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from apps.audit.models import AuditEvent
from apps.channels.models import Channel, FeeRule, HolidayCalendar
from apps.channels.selectors.cards import cards_of
from apps.channels.services.merchant_file import load_merchant_file
from apps.merchants.enums import Role
from tests import cast
from tests.channels.merchant_files import load, small

pytestmark = pytest.mark.django_db

OWNER, ALL = {Role.OWNER}, set(Role)
EDITS_FEES = {Role.OWNER, Role.ACCOUNTANT}
PAGES = {
    "channels/": ALL,
    "channels/ecpay/": ALL,
    "channels/ecpay/fees/": ALL,
    "channels/ecpay/calendar/": ALL,
    "channels/ecpay/statements/": ALL,
    "channels/-/file/merchant.toml": ALL,
    "channels/ecpay/fees/new/": EDITS_FEES,
    "channels/ecpay/edit/": OWNER,
    "channels/-/new/": OWNER,
    "channels/-/file/": OWNER,
    "channels/-/calendars/TW/": OWNER,
}
ACTIONS = {
    "channels/ecpay/switch/": OWNER,
    "channels/-/calendars/TW/forget/": OWNER,
    "channels/ecpay/fees/{rule}/withdraw/": EDITS_FEES,
}
TERMS = {
    "methods": "credit_card",
    "valid_from": "2026-12-01",
    "percent_ppm": "2.5",
    "rounding": "half_up",
    "unit_minor": "1",
    "refund_fee": "keep",
}
FORM = {"label": "綠界", "settles": "t+5", "calendar": "tw", "timezone": "Asia/Taipei", "statements": "daily", "grace_days": "2"}


@pytest.fixture(autouse=True)
def _at_cast_now():
    with time_machine.travel(cast.NOW, tick=False):
        yield


@pytest.fixture
def shop():
    return load().merchant


@pytest.fixture
def lin(client, shop):
    """The owner, logged in, reading English."""
    user = cast.owner(shop, language="en", name="Lin")
    client.force_login(user)
    return user


def url(path: str, slug: str = "qingtian") -> str:
    rule = FeeRule.objects.order_by("pk").values_list("pk", flat=True).first() or 0
    return f"/m/{slug}/{path.format(rule=rule)}"


# Who may


@pytest.mark.parametrize("role", list(Role))
def test_each_role_opens_exactly_what_its_rights_say(client, shop, role):
    client.force_login(cast.member(shop, role))

    seen = {path: client.get(url(path)).status_code for path in PAGES}

    assert seen == {path: 200 if role in roles else 403 for path, roles in PAGES.items()}


@pytest.mark.parametrize("role", [role for role in Role if role != Role.OWNER])
def test_a_role_without_the_right_changes_nothing(client, shop, role):
    client.force_login(cast.member(shop, role))
    before = AuditEvent.objects.count()
    allowed = {path for path, roles in ACTIONS.items() if role in roles}

    seen = {path: client.post(url(path)).status_code for path in ACTIONS if path not in allowed}

    assert set(seen.values()) == {403}
    assert AuditEvent.objects.count() == before


def test_strangers_learn_nothing_and_visitors_are_sent_to_log_in(client, shop):
    visitor = {client.get(url(path)).status_code for path in PAGES}
    client.force_login(cast.outsider())
    stranger = {client.get(url(path)).status_code for path in PAGES} | {client.post(url(path)).status_code for path in ACTIONS}

    assert (visitor, stranger) == ({302}, {404})


def test_another_shops_channel_and_rule_are_not_found(client, lin):
    other = cast.make_channel(cast.make_merchant("other"), "theirs")
    rule = cast.make_fee_rule(other, valid_from=date(2027, 1, 1))

    assert client.get(url("channels/theirs/")).status_code == 404
    assert client.post(url(f"channels/ecpay/fees/{rule.pk}/withdraw/")).status_code == 404
    assert FeeRule.objects.filter(pk=rule.pk).exists()


# The list


def test_the_list_asks_as_many_questions_for_three_channels_as_for_one(client, shop, lin, django_assert_num_queries):
    Channel.objects.filter(code="till").delete()
    client.get(url("channels/"))  # the session remembers the shop, once
    with CaptureQueriesContext(connection) as for_one:
        client.get(url("channels/"))
    with django_assert_num_queries(3):  # channels, their terms, the shop's calendars
        cards_of(shop, cast.NOW)

    for code in ("stripe", "alipay"):
        cast.make_fee_rule(cast.make_channel(shop, code))

    with CaptureQueriesContext(connection) as for_three:
        client.get(url("channels/"))
    assert len(for_three) == len(for_one)
    Channel.objects.exclude(code="ecpay").update(is_on=False)
    with django_assert_num_queries(4):  # and who switched off what is off
        cards_of(shop, cast.NOW)


def test_the_switch_turns_a_channel_off_and_says_by_whom(client, lin):
    client.post(url("channels/ecpay/switch/"), {"to": "off"})

    page = client.get(url("channels/")).content.decode()

    assert Channel.objects.get(code="ecpay").is_on is False
    assert "Switched off on 20 Nov by Lin" in page
    assert "綠界 is switched off. Its books and statements are still reconciled." in page


def test_only_channels_with_something_to_do(client, lin):
    page = client.get(url("channels/?show=work")).content.decode()

    assert ("門市刷卡機" in page, "綠界" in page) == (True, False)


# One channel


def test_a_channel_is_changed_and_its_history_says_what(client, lin):
    answer = client.post(url("channels/ecpay/edit/"), {**FORM, "bank_keywords": "綠界\n ECPAY \n綠界"})

    ecpay = Channel.objects.get(code="ecpay")
    assert (answer.status_code, ecpay.settles, ecpay.calendar, ecpay.grace_days, ecpay.bank_account) == (302, "T+5", "TW", 1, None)
    assert ecpay.bank_keywords == ["綠界", "ECPAY"]
    page = client.get(url("channels/ecpay/")).content.decode()
    assert "settles T+7 → T+5" in page
    assert "bank account cathay-twd → none" in page


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("settles", "T+x", "Type T+ and a number, weekly: and a weekday, or monthly: and a day."),
        ("calendar", "XX", "This is neither a country code nor one of your calendars."),
        ("timezone", "Taipei", "Select a valid choice."),
    ],
)
def test_a_wrong_value_is_refused_in_its_place(client, lin, field, value, sentence):
    before = AuditEvent.objects.count()

    answer = client.post(url("channels/ecpay/edit/"), {**FORM, field: value})

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert (Channel.objects.get(code="ecpay").settles, AuditEvent.objects.count()) == ("T+7", before)


def test_a_bank_account_of_another_currency_is_refused(client, shop, lin):
    usd = cast.make_bank_account(shop, "chase-usd", currency="USD")

    answer = client.post(url("channels/ecpay/edit/"), {**FORM, "bank_account": usd.pk})

    assert "That account holds USD, the channel pays out TWD." in answer.content.decode()


def test_where_own_books_are_the_report_no_rhythm_can_be_chosen(client, lin, shop):
    cast.make_channel(shop, "by-hand", provider="internal", label="自行入帳")
    client.force_login(lin)
    page = client.get(url("channels/by-hand/edit/")).content.decode()

    answer = client.post(url("channels/by-hand/edit/"), {**FORM, "label": "貨到付款"})

    assert ('name="timezone"' in page, 'name="statements"' in page, answer.status_code) == (True, False, 302)
    assert Channel.objects.values_list("label", "statements").get(code="by-hand") == ("貨到付款", "per_payout")


def test_a_channel_is_added_once(client, lin):
    values = {**FORM, "provider": "stripe", "code": "stripe", "label": "Stripe", "currency": "USD"}

    first = client.post(url("channels/-/new/"), values)
    second = client.post(url("channels/-/new/"), values)

    assert first.headers["Location"] == url("channels/stripe/fees/")
    stripe = Channel.objects.get(code="stripe")
    assert (stripe.provider, stripe.currency, stripe.settles, stripe.is_on) == ("stripe", "USD", "T+5", True)
    assert second.status_code == 422
    assert "This shop already has a channel with the code stripe." in second.content.decode()


def test_the_mapping_of_a_generic_channel_is_shown(client, lin):
    page = client.get(url("channels/till/statements/")).content.decode()

    assert "付款 → payment, 退款 → refund" in page


# Fees


def test_the_calculator_shows_the_working_and_the_part_is_the_pages_own(client, lin):
    address = url("channels/ecpay/fees/?amount=1,000&method=credit_card")

    page = client.get(address).content.decode()
    part = client.get(address, headers={"HX-Request": "true"}).content.decode()

    assert "Of 1,000 paid today by Credit card, 972 arrives on Tuesday, 1 Dec." in part
    assert "2.75\xa0% of 1,000" in part
    assert part.strip() in page
    assert "<html" not in part


@pytest.mark.parametrize(
    ("amount", "sentence"),
    [
        ("1000.005", "This has more digits after the point than the currency."),
        ("ten", "Type a plain amount"),
        ("-1", "may not be below 0.00"),
    ],
)
def test_the_calculator_refuses_what_is_no_amount(client, lin, amount, sentence):
    assert sentence in client.get(url(f"channels/ecpay/fees/?amount={amount}&method=credit_card")).content.decode()


def test_a_version_starts_from_the_terms_before_it(client, lin):
    rule = FeeRule.objects.get()

    form = client.get(url(f"channels/ecpay/fees/new/?from={rule.pk}")).context["form"]

    assert form["percent_ppm"].value() == "2.75"
    assert (form["minimum_minor"].value(), form["unit_minor"].value(), form["methods"].value()) == ("5.00", "1.00", ["credit_card"])
    assert form["valid_from"].value() is None


def test_a_new_version_is_kept_beside_the_old_and_can_be_withdrawn(client, lin):
    answer = client.post(url("channels/ecpay/fees/new/"), TERMS)
    new = FeeRule.objects.get(valid_from=date(2026, 12, 1))

    page = client.get(url("channels/ecpay/fees/")).content.decode()

    assert answer.status_code == 302
    assert (new.percent_ppm, new.minimum_minor, new.unit_minor, new.tolerance_minor) == (25000, None, 100, 0)
    assert ("2.75\xa0%, at least 5" in page, "agreed, not begun" in page) == (True, True)
    client.post(url(f"channels/ecpay/fees/{new.pk}/withdraw/"))
    assert list(FeeRule.objects.values_list("percent_ppm", flat=True)) == [27500]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"valid_from": "2026-11-19"}, "The earliest day for a new version is 2026-11-20."),
        ({"valid_from": "2026-01-01"}, "There is already a version for Credit card from 2026-01-01."),
        ({"valid_from": "2026-01-01", "methods": ["atm", "credit_card"]}, "Credit card already has other terms that begin on the same day"),
        ({"percent_ppm": "2.75001"}, "Type a percent with up to four decimals, like 2.75."),
        ({"minimum_minor": "9", "cap_minor": "8"}, "The cap is below the minimum."),
        ({"methods": ["*", "atm"]}, "stands alone"),
        ({"unit_minor": "0"}, "This may not be below 0.01."),
    ],
)
def test_a_refused_version_leaves_the_contract_alone(client, lin, changes, sentence):
    before = AuditEvent.objects.count()

    answer = client.post(url("channels/ecpay/fees/new/"), {**TERMS, **changes})

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert (FeeRule.objects.count(), AuditEvent.objects.count()) == (1, before)


# Calendar


def test_the_month_shows_each_day_and_its_bank_date(client, lin):
    page = client.get(url("channels/ecpay/calendar/?month=2026-09"))

    cells = {cell.day: cell for week in page.context["weeks"] for cell in week}
    assert cells[date(2026, 9, 24)].due_on == date(2026, 10, 7)
    assert "Mid-Autumn Festival" in page.content.decode()
    assert client.get(url("channels/ecpay/calendar/?month=nonsense")).context["first"] == date(2026, 11, 1)


def test_open_days_are_edited_and_given_back_to_the_country(client, lin):
    days = {"weekend": ["sat", "sun"], "holidays": "2026-09-28, 2026/9/25\n2026-12-31", "workdays": "2026-09-26"}

    client.post(url("channels/-/calendars/TW/"), days)

    row = HolidayCalendar.objects.get(code="TW")
    assert (row.holidays, row.workdays) == (["2026-09-25", "2026-09-28", "2026-12-31"], ["2026-09-26"])
    client.post(url("channels/-/calendars/TW/forget/"))
    assert not HolidayCalendar.objects.exists()
    start = client.get(url("channels/-/calendars/TW/")).context["form"].initial
    assert ("2026-09-28" in start["holidays"], start["weekend"]) == (True, ["sat", "sun"])


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"holidays": "28 September"}, "“28” is no day. Write days like 2026-09-28."),
        ({"holidays": "2026-09-25", "workdays": "2026-09-25"}, "2026-09-25 is both a holiday and a working day."),
        ({"weekend": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]}, "At least one day of the week must be open."),
    ],
)
def test_days_that_make_no_calendar_are_refused(client, lin, changes, sentence):
    answer = client.post(url("channels/-/calendars/TW/"), {"weekend": ["sun"], **changes})

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert HolidayCalendar.objects.get().weekend == ["sat", "sun"]


# merchant.toml


def send(client, data: bytes, **extra):
    return client.post(url("channels/-/file/"), {"file": SimpleUploadedFile("merchant.toml", data), **extra})


def test_a_file_is_shown_first_and_loaded_when_confirmed(client, lin):
    data = small(('settles = "T+7"', 'settles = "T+3"'))

    preview = send(client, data)

    assert escape("ecpay: settles T+7 → T+3") in preview.content.decode()
    assert Channel.objects.get(code="ecpay").settles == "T+7"
    client.post(url("channels/-/file/"), {"text": preview.context["confirm"].initial["text"], "apply": "1"})
    assert Channel.objects.get(code="ecpay").settles == "T+3"
    assert AuditEvent.objects.get(action="channel.changed").actor_label == "Lin"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (small(('settles = "T+7"', 'settles = "T+x"')), 'settles = "T+x" is not usable'),
        (small(('slug = "qingtian"', 'slug = "other"')), 'slug = "other" is another shop; this one is "qingtian"'),
        ("金額".encode("big5"), "line 1 is not UTF-8 text"),
    ],
)
def test_a_file_with_mistakes_names_them_and_changes_nothing(client, lin, data, sentence):
    before = AuditEvent.objects.count()

    answer = send(client, data, apply="1")

    assert answer.status_code == 422
    assert escape(sentence) in answer.content.decode()
    assert AuditEvent.objects.count() == before


def test_no_file_and_a_huge_file_are_refused(client, lin):
    assert "Choose a file." in client.post(url("channels/-/file/")).content.decode()
    assert "smaller than 256 kB" in send(client, b"#" * 300_000).content.decode()


def test_the_download_loads_without_a_change(client, lin):
    answer = client.get(url("channels/-/file/merchant.toml"))

    assert answer.headers["Content-Disposition"] == 'attachment; filename="merchant.toml"'
    assert load_merchant_file(answer.content, by=None, now=cast.NOW).unchanged

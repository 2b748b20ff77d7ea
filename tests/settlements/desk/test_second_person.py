"""The desk of two people and of the clock: what is seen, who may press what, and the filters by age."""

from datetime import timedelta

import pytest

from apps.core.money import plain
from apps.settlements.models import Discrepancy, SecondSignature
from apps.settlements.selectors.ageing import BUCKETS, ageing
from apps.settlements.selectors.discrepancies import stake_of
from tests import cast

URL = "/m/qingtian/discrepancies/"
BACKEND = "django.contrib.auth.backends.ModelBackend"
WRITE_OFF = {"resolution": "written_off", "reason": "too old"}
pytestmark = pytest.mark.postgres


@pytest.fixture
def large(ecpay):
    return cast.make_discrepancy(ecpay, "missing_at_provider", expected_minor=600_000, actual_minor=0)


def test_a_large_write_off_waits_is_shown_and_approved_by_another(client, desk, shop, ecpay, large):
    small = cast.make_discrepancy(ecpay)
    total = plain(stake_of(small) + stake_of(large), "TWD")
    told = desk.get(desk.post(f"{URL}resolve/", {"ids": [small.pk, large.pk], "total": total, **WRITE_OFF}).url).context["toast"]["text"]
    waiting = desk.get(f"{URL}?view=second")
    mine = desk.get(f"{URL}{large.pk}/").content.decode()
    client.force_login(cast.approver(shop, name="Chen", language="en"), backend=BACKEND)
    theirs = client.get(f"{URL}{large.pk}/").content.decode()

    assert told == "1 difference closed; 1 waits for a second person"
    assert [row.pk for row in waiting.context["page"].rows] == [large.pk]
    assert "waits for a second person" in waiting.content.decode()
    assert ("You asked for this yourself" in mine, "/decide/" in mine) == (True, False)
    assert ("/decide/" in theirs, "/withdraw/" in theirs) == (True, False)

    client.post(f"{URL}{large.pk}/decide/", {"verdict": "approve"})

    assert [Discrepancy.objects.get(pk=one.pk).state for one in (small, large)] == ["written_off", "written_off"]
    closed = client.get(f"{URL}{large.pk}/").content.decode()
    assert "approved by Chen" in closed
    client.post(f"{URL}{large.pk}/undo-signed/", {"reason": "paid after all"})
    assert (Discrepancy.objects.get(pk=large.pk).state, SecondSignature.objects.get().state) == ("open", "undone")


def test_what_is_refused_is_said_where_it_was_asked(client, desk, shop, large):
    desk.post(f"{URL}{large.pk}/resolve/", WRITE_OFF)
    again = desk.post(f"{URL}{large.pk}/resolve/", WRITE_OFF)
    signed = desk.post(f"{URL}{large.pk}/decide/", {"verdict": "approve"})
    client.force_login(cast.approver(shop, language="en"), backend=BACKEND)
    bare = client.post(f"{URL}{large.pk}/decide/", {"verdict": "reject"})

    assert (again.status_code, signed.status_code, bare.status_code) == (422, 403, 422)
    assert "waits for a second person already" in again.content.decode()
    assert "Give a reason" in bare.content.decode()
    assert SecondSignature.objects.get().state == "pending"


def test_the_requester_takes_it_back_on_the_page(desk, large):
    desk.post(f"{URL}{large.pk}/resolve/", WRITE_OFF)

    desk.post(f"{URL}{large.pk}/withdraw/")

    assert SecondSignature.objects.get().state == "withdrawn"


def test_a_forced_match_is_asked_for_on_the_page(desk, ecpay):
    payment = cast.make_payment(ecpay, "A10293", 128_000)
    line = cast.make_line(cast.make_statement(ecpay), gross=328_000, merchant_ref="A10293")
    item = cast.make_discrepancy(
        ecpay, "missing_in_books", line=line, subject_type="line", subject_key=str(line.pk), expected_minor=0, actual_minor=328_000
    )
    Discrepancy.objects.filter(pk=item.pk).update(merchant_ref="A10293")
    offered = [one.key for one in desk.get(f"{URL}{item.pk}/").context["candidates"]]
    if f"payment:{payment.pk}" not in offered:
        pytest.fail(f"the page does not offer the payment: {offered}")

    desk.post(f"{URL}{item.pk}/match/", {"candidate": f"payment:{payment.pk}", "reason": "same order"})

    asked = SecondSignature.objects.get()
    assert (asked.act, asked.amount_minor, asked.state, Discrepancy.objects.get(pk=item.pk).state) == ("match", 200_000, "pending", "open")


def test_the_clock_is_stopped_and_started_on_the_page(desk, large):
    late = desk.post(f"{URL}{large.pk}/pause/", {"until": "2026-11-20", "reason": "asked the bank"})
    desk.post(f"{URL}{large.pk}/pause/", {"until": "2026-11-23", "reason": "asked the bank"})
    page = desk.get(f"{URL}{large.pk}/").content.decode()

    assert late.status_code == 422
    assert ("The clock stands still until" in page, "asked the bank" in page) == (True, True)
    desk.post(f"{URL}{large.pk}/resume/")
    assert not Discrepancy.objects.get(pk=large.pk).is_paused


def test_ages_are_counted_by_calendar_day_with_what_is_at_stake_per_currency(desk, shop, ecpay):
    # NOW is 15:46 in Taipei; opened at the edges of the buckets, and one in another currency.
    for days in (0, 1, 2, 3, 4, 7, 8, 30, 31):
        cast.make_discrepancy(ecpay, opened_at=cast.NOW - timedelta(days=days))
    cast.make_discrepancy(ecpay, opened_at=cast.NOW - timedelta(days=2), currency="USD", expected_minor=500, actual_minor=0)

    found = {bucket.key: (bucket.count, bucket.stakes) for bucket in ageing(shop, cast.NOW)}
    listed = {key: len(desk.get(f"{URL}?age={key}").context["page"].rows) for key in BUCKETS}

    assert found == {
        "0-1": (2, [("TWD", 2400)]),
        "2-3": (3, [("TWD", 2400), ("USD", 500)]),
        "4-7": (2, [("TWD", 2400)]),
        "8-30": (2, [("TWD", 2400)]),
        "31": (1, [("TWD", 1200)]),
    }
    assert listed == {key: count for key, (count, _stakes) in found.items()}


def test_an_age_that_does_not_exist_is_no_filter(desk, large):
    page = desk.get(f"{URL}?age=99")

    assert (page.status_code, len(page.context["page"].rows)) == (200, 1)

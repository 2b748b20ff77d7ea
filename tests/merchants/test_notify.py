"""Telling people: who is told, in which words, what is grouped, and which letters leave."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext_lazy

from apps.core.jobs.runner import run
from apps.core.models import Job
from apps.merchants.models import Membership, Notification
from apps.merchants.selectors import members_with, unread_count
from apps.merchants.services.notify import mark_read, notify
from tests import cast

LATER = cast.NOW + timedelta(hours=1)


def tell(shop, users, **fields):
    fields = {"kind": "test.told", "title": "Look here", "now": cast.NOW, **fields}
    return notify(merchant=shop, users=users, **fields)


def do_jobs():
    for job in Job.objects.filter(kind="merchants.notice_mail", state="queued").order_by("pk"):
        run(job_id=job.pk)


@pytest.fixture
def shop(db):
    return cast.make_merchant()


def test_only_active_members_are_told_each_in_their_language(shop):
    lin, amy = cast.owner(shop, language="zh-hant"), cast.viewer(shop, language="en")
    gone, stranger = cast.viewer(shop, is_active=False), cast.outsider()

    tell(shop, [amy, lin, gone, stranger, lin], title=gettext_lazy("Owner"), body=gettext_lazy("Viewer"), href="/m/qingtian/inbox/")

    rows = Notification.objects.order_by("user_id").values_list("user_id", "merchant_id", "title", "body", "href", "severity", "count")
    assert list(rows) == [
        (lin.pk, shop.pk, "負責人", "檢視者", "/m/qingtian/inbox/", "normal", 1),
        (amy.pk, shop.pk, "Owner", "Viewer", "/m/qingtian/inbox/", "normal", 1),
    ]


def test_the_same_again_adds_to_the_unread_row_and_starts_a_new_one_after_reading(shop):
    lin = cast.owner(shop)
    tell(shop, [lin], group_key="a", severity="high")
    tell(shop, [lin], group_key="a", title="Newer", severity="normal", now=LATER)
    tell(shop, [lin], group_key="b")
    tell(shop, [lin])
    tell(shop, [lin])
    mark_read(merchant=shop, user=lin, ids=[Notification.objects.get(group_key="a").pk], now=LATER)
    tell(shop, [lin], group_key="a")

    rows = Notification.objects.order_by("pk").values_list("group_key", "title", "severity", "count", "created_at", "last_at", "read_at")
    assert list(rows) == [
        ("a", "Newer", "high", 2, cast.NOW, LATER, LATER),
        ("b", "Look here", "normal", 1, cast.NOW, cast.NOW, None),
        ("", "Look here", "normal", 1, cast.NOW, cast.NOW, None),
        ("", "Look here", "normal", 1, cast.NOW, cast.NOW, None),
        ("a", "Look here", "normal", 1, cast.NOW, cast.NOW, None),
    ]


def test_addresses_of_other_sites_and_unknown_severities_are_refused(shop):
    lin = cast.owner(shop)
    for fields in ({"href": "//evil.example/"}, {"href": "https://evil.example/"}, {"severity": "huge"}):
        with pytest.raises(ValueError, match=r"not a path|unknown severity"):
            tell(shop, [lin], **fields)
    assert Notification.objects.count() == 0
    row = tell(shop, [lin])[0]
    with pytest.raises(IntegrityError), transaction.atomic():
        Notification.objects.filter(pk=row.pk).update(href="//evil.example/")


def test_members_with_a_right(shop):
    owner, approver = cast.owner(shop), cast.approver(shop)
    cast.viewer(shop), cast.approver(shop, is_active=False), cast.outsider()

    assert members_with(shop, "approve_refund") == [owner, approver]
    with pytest.raises(KeyError):
        members_with(shop, "fly")


def test_letters_follow_the_readers_choice_and_leave_once(shop, settings, django_capture_on_commit_callbacks):
    settings.SITE_URL = "https://books.example.com/"
    everything = cast.owner(shop, letters="all", language="en", email="all@example.com")
    important = cast.viewer(shop, letters="important", language="zh-hant", email="important@example.com")
    cast.viewer(shop, letters="off", email="off@example.com")
    people = [membership.user for membership in Membership.objects.for_merchant(shop).select_related("user")]

    tell(shop, people, title="Small <b>", group_key="s")
    tell(shop, people, title="Small <b>", group_key="s")
    tell(shop, people, title="Grave", body="One & two", severity="critical", href="/m/qingtian/inbox/")
    do_jobs()
    do_jobs()

    assert sorted((letter.to[0], letter.subject) for letter in mail.outbox) == [
        ("all@example.com", "晴天選物: Grave"),
        ("all@example.com", "晴天選物: Small <b>"),
        ("important@example.com", "晴天選物: Grave"),
    ]
    row = Notification.objects.get(user=everything, title="Grave")
    letter = next(one for one in mail.outbox if one.to == [everything.email] and "Grave" in one.subject)
    assert f"https://books.example.com/m/qingtian/inbox/open/?id={row.pk}\n" in letter.body
    assert "One & two" in letter.body
    assert "One &amp; two" in letter.alternatives[0].content
    small = next(one for one in mail.outbox if "Small" in one.subject)
    assert "Small &lt;b&gt;" in small.alternatives[0].content
    assert Notification.objects.filter(user=important, mailed_at=None).count() == 1


def test_a_group_that_becomes_graver_is_written_about_again(shop):
    lin = cast.owner(shop, letters="important")
    tell(shop, [lin], group_key="a")
    tell(shop, [lin], group_key="a", severity="high")
    tell(shop, [lin], group_key="a", severity="high")
    tell(shop, [lin], group_key="a", severity="critical")
    do_jobs()

    assert len(mail.outbox) == 1  # both jobs found the same row; its letter says the latest
    tell(shop, [lin], group_key="b", severity="high")
    do_jobs()
    tell(shop, [lin], group_key="b", severity="critical")
    do_jobs()
    assert len(mail.outbox) == 3


def test_no_letter_about_what_was_read_or_to_those_who_left(shop):
    lin, amy, bo = cast.owner(shop, letters="all"), cast.viewer(shop, letters="all"), cast.viewer(shop, letters="all")
    tell(shop, [lin, amy, bo])
    mark_read(merchant=shop, user=lin, now=LATER)
    amy.memberships.update(deactivated_at=LATER, deactivated_by=lin)
    bo.letters = "off"
    bo.save()
    do_jobs()

    assert mail.outbox == []


def test_the_inbox_shows_ones_own_rows_of_this_shop(client, shop):
    lin = cast.owner(shop, language="en")
    other = cast.make_merchant("other", name="Other")
    Membership.objects.create(merchant=other, user=lin, role="viewer")
    amy = cast.viewer(shop)
    tell(shop, [lin], title="Mine", href="/m/qingtian/settings/")
    tell(shop, [amy], title="Hers")
    tell(other, [lin], title="Elsewhere")
    client.force_login(lin, backend="django.contrib.auth.backends.ModelBackend")

    page = client.get("/m/qingtian/inbox/").content.decode()
    assert ("Mine" in page, "Hers" in page, "Elsewhere" in page) == (True, False, False)
    assert "Inbox, 1 unread" in client.get("/m/qingtian/inbox/bell/").content.decode()

    hers = Notification.objects.get(title="Hers")
    assert client.get(f"/m/qingtian/inbox/open/?id={hers.pk}").headers["Location"] == "/m/qingtian/inbox/"
    client.post("/m/qingtian/inbox/read/", {"id": str(hers.pk)})
    assert unread_count(shop, amy) == 1

    mine = Notification.objects.get(title="Mine")
    assert client.get(f"/m/qingtian/inbox/open/?id={mine.pk}").headers["Location"] == "/m/qingtian/settings/"
    assert (unread_count(shop, lin), unread_count(other, lin)) == (0, 1)
    assert "Mine" not in client.get("/m/qingtian/inbox/").content.decode()
    assert "Mine" in client.get("/m/qingtian/inbox/?show=all").content.decode()


def test_marking_all_reads_this_shop_only_and_the_list_costs_the_same(client, shop, django_assert_max_num_queries):
    lin = cast.owner(shop)
    for number in range(60):
        tell(shop, [lin], title=f"Row {number}")
    client.force_login(lin, backend="django.contrib.auth.backends.ModelBackend")
    client.get("/m/qingtian/inbox/")

    with django_assert_max_num_queries(12):
        client.get("/m/qingtian/inbox/")
    client.post("/m/qingtian/inbox/read/")

    assert unread_count(shop, lin) == 0


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_many_at_once_make_one_row():
    shop = cast.make_merchant()
    people = [cast.owner(shop), cast.viewer(shop), cast.viewer(shop)]
    barrier, failures = Barrier(8), []

    def work():
        try:
            barrier.wait()
            for _turn in range(3):
                tell(shop, reversed(people), group_key="a")
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [Thread(target=work) for _one in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert list(Notification.objects.values_list("count", flat=True)) == [24, 24, 24]

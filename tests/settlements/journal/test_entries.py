"""The accounting entry on the page of a difference is the journal's own: posted, or what giving it up would post."""

import pytest

from apps.settlements.enums import Kind
from apps.settlements.models import JournalEntry
from apps.settlements.selectors.entries import entries_of
from apps.settlements.selectors.facts import detail_of, facts_of
from apps.settlements.services.journal import post_journal
from apps.settlements.services.resolve import resolve
from tests import cast
from tests.reports.small_month import NOW
from tests.settlements.desk import kinds

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


@pytest.fixture
def ecpay():
    return cast.make_channel(cast.make_merchant(write_off_second_above_minor=None))


def posted(item):
    return entries_of(facts_of(detail_of(item.merchant).get(pk=item.pk)))


def said(item) -> list[tuple[str, str]]:
    found = posted(item)
    return [(str(row.account), row.amount) for row in found.rows] if found else []


@pytest.mark.parametrize("kind", Kind.values)
def test_what_giving_up_would_post_is_what_the_journal_then_posts(ecpay, kind):
    item = kinds.make(ecpay, kind)
    before = posted(item)

    resolve(merchant=ecpay.merchant, ids=[item.pk], resolution="written_off", reason="gone", by=cast.accountant(ecpay.merchant), now=NOW)
    waits = posted(item)
    post_journal(merchant=ecpay.merchant, now=NOW)
    after = posted(item)

    entry = JournalEntry.objects.filter(source="decision", source_id=item.pk).first()
    assert (before is None) == (waits is None) == (after is None) == (entry is None)
    if entry:
        assert before.rows == waits.rows == after.rows
        assert [(one.entry, one.is_decided) for one in (before, waits, after)] == [(None, False), (None, True), (entry, True)]


def test_a_fee_that_is_too_high_would_leave_the_fees(ecpay):
    item = kinds.make(ecpay, "fee_mismatch")

    assert said(item) == [("差異沖銷 · 綠界 · 手續費與合約不符", "12"), ("手續費 · 綠界", "12")]


def test_an_explained_difference_posts_nothing(ecpay):
    item = kinds.make(ecpay, "missing_in_books")
    resolve(merchant=ecpay.merchant, ids=[item.pk], resolution="explained", reason="known", by=cast.accountant(ecpay.merchant), now=NOW)

    assert posted(item) is None

"""The page of one difference: every kind in every language, its order, its cost, its raw row."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.core import files
from apps.settlements.enums import Kind
from apps.settlements.selectors.explain import paragraph
from apps.settlements.selectors.facts import detail_of, facts_of
from apps.settlements.selectors.headlines import headline
from apps.settlements.selectors.raw_rows import raw_row_of
from apps.settlements.services.candidates import candidates_of
from tests import cast
from tests.settlements.desk import kinds

URL = "/m/qingtian/discrepancies/"


@pytest.mark.parametrize("kind", Kind.values)
def test_every_kind_has_its_page_in_every_language(desk, lin, ecpay, kind):
    item = kinds.make(ecpay, kind)

    for language in ("zh-hant", "zh-hans", "en"):
        lin.language = language
        lin.save(update_fields=["language"])
        page = desk.get(f"{URL}{item.pk}/")
        text = page.content.decode()
        assert page.status_code == 200
        assert f'data-id="{item.pk}"' in text
        assert not re.search(r"%\(\w+\)s|None", text[text.index('id="drawer"') :])


@pytest.mark.parametrize("kind", Kind.values)
def test_the_page_costs_the_same_however_long_the_queue_is(desk, ecpay, kind):
    item = kinds.make(ecpay, kind)
    desk.get(URL)
    with CaptureQueriesContext(connection) as alone:
        desk.get(f"{URL}{item.pk}/")
    cast.make_discrepancy(ecpay)
    cast.make_discrepancy(ecpay)

    with CaptureQueriesContext(connection) as among_three:
        desk.get(f"{URL}{item.pk}/")

    assert len(alone) == len(among_three)
    assert len(alone) <= 45


def test_the_drawer_part_is_what_the_page_includes(desk, ecpay):
    item = kinds.make(ecpay, "fee_mismatch")
    part = desk.get(f"{URL}{item.pk}/", headers={"HX-Request": "true", "HX-Target": "drawer"}).content.decode()
    whole = desk.get(f"{URL}{item.pk}/").content.decode()

    def bare(text):
        return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", text).strip()

    assert bare(part) in bare(whole)


def test_a_fee_is_explained_by_the_rule_that_applied(desk, ecpay):
    item = kinds.make(ecpay, "fee_mismatch")
    text = desk.get(f"{URL}{item.pk}/").content.decode()
    drawer = text[text.index('class="headline"') :]

    assert "The fee is NT$12 too high" in drawer
    assert "綠界 charged NT$47; by the contract it should be NT$35, a difference of NT$12." in drawer
    assert "2.75\xa0%, at least 5, at most 900, applied to NT$1,280." in drawer
    assert "What was charged comes to 3.67\xa0%." in drawer
    assert "Paired by: same provider number" in drawer
    order = [
        drawer.index(part) for part in ("Suggestions", "What each side says", "The way of the money", "Accounting entry", "Discussion")
    ]
    assert order == sorted(order)


def test_candidates_are_free_rows_likeliest_first_with_the_reasons_of_the_engine(ecpay):
    item = kinds.make(ecpay, "missing_in_books")
    near = cast.make_payment(ecpay, "A1", 129000)
    far = cast.make_payment(ecpay, "A2", 120000)
    cast.make_payment(ecpay, "A3", 9000000)
    cast.make_payment(cast.make_channel(ecpay.merchant, "linepay"), "A4", 129000)
    taken = kinds.make(ecpay, "amount_mismatch").payment

    found = candidates_of(facts_of(detail_of(ecpay.merchant).get(pk=item.pk)))

    assert [one.key for one in found] == [f"payment:{near.pk}", f"payment:{far.pk}"]
    assert f"payment:{taken.pk}" not in {one.key for one in found}
    assert found[0].score > found[1].score
    assert found[0].why == ["單號不同：t26111601", "金額相同", "同一天", "相差數小時", "付款方式相同"]


def test_the_raw_row_is_the_delivered_one_with_its_header(ecpay, settings, tmp_path):
    item = kinds.make(ecpay, "missing_in_books")
    statement = item.line.statement
    statement.sha256 = files.store("訂單編號,金額\nA1,100\nA2,200\n".encode())
    statement.save(update_fields=["sha256"])
    item.line.row_no = 3
    item.line.save(update_fields=["row_no"])

    raw = raw_row_of(facts_of(detail_of(ecpay.merchant).get(pk=item.pk)))

    assert (raw.file, raw.row_no, raw.cells) == (statement.name, 3, [("訂單編號", "A2"), ("金額", "200")])


def test_a_file_that_is_not_kept_leaves_the_row_out(ecpay):
    item = kinds.make(ecpay, "missing_in_books")

    assert raw_row_of(facts_of(detail_of(ecpay.merchant).get(pk=item.pk))) is None


def test_the_words_of_a_headline_follow_the_sign(ecpay):
    item = kinds.make(ecpay, "fee_mismatch")
    item.actual_minor, item.difference_minor = -2300, 1200

    facts = facts_of(item)

    assert "NT$12" in headline(facts)
    assert paragraph(facts).count("NT$12") == 1

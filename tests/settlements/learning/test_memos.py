"""What bank lines are: named by people, learned, proposed, confirmed in one click."""

import random
from datetime import date, timedelta

import polars as pl
import pytest

from apps.audit.models import AuditEvent
from apps.settlements.learning.memo_evaluating import MEMOS
from apps.settlements.learning.memo_rules import LineType, by_rules
from apps.settlements.learning.memos import MemoModel, words_of
from apps.settlements.learning.teaching import teach
from apps.settlements.learning.worth import Past
from apps.settlements.models import BankLineLabel, BankMatch
from apps.settlements.selectors.past_memos import known_memos
from tests import cast
from tests.settlements.learning.past import make_model

pytestmark = pytest.mark.django_db
URL = "/m/qingtian/payouts/bank/"
# Memos as banks shorten them: no keyword of a channel and none of the usual words tells these apart.
TOLD = {
    "salary": "代發 {n} 月份 員工",
    "rent": "大樓管理 {n} 期",
    "purchase": "義烏包材廠 出貨{n}",
    "bank_fee": "跨行匯出 郵電{n}",
    "payout": "綠界科技{n}",
}
FEW = MemoModel(["bank_fee", "sale"], [0.0, 0.0], {"郵電": [1.0, 2.0, -2.0]})


def memos(seed: int, count: int = 240, *, told: bool) -> pl.DataFrame:
    """A line every day; where nothing is told, the memo has nothing to do with the type."""
    dice, first = random.Random(seed), date(2026, 1, 1)
    rows = []
    for at in range(count):
        kind = dice.choice(list(TOLD))
        memo = TOLD[kind if told else dice.choice(list(TOLD))].format(n=dice.randint(100, 999))
        rows.append((at, first + timedelta(days=at), memo, told and kind == "payout", kind))
    return pl.DataFrame(rows, schema=MEMOS, orient="row")


def test_memos_that_rules_cannot_tell_apart_are_learned_and_may_be_switched_on():
    found = teach(Past(memos(1, told=True), task=None, keywords=["綠界"]))

    assert [check.name for check in found.checks if not check.holds] == []
    assert found.figures["macro_f1"]["own"] == 1.0
    assert found.figures["macro_f1"]["plain"] < 0.5
    assert found.model.say("代發 777 月份 員工", False).kind == "salary"
    assert "代發" in found.model.say("代發 777 月份 員工", False).words
    assert teach(Past(memos(1, told=True), task=None, keywords=["綠界"])).model == found.model
    assert MemoModel.from_json(found.model.as_json()) == found.model


@pytest.mark.parametrize("seed", [1, 2])
def test_memos_that_say_nothing_of_the_type_keep_the_model_off(seed):
    found = teach(Past(memos(seed, told=False), task=None, keywords=["綠界"]))

    assert not found.passes
    assert found.figures["held"]["rows"] == 60  # it was not for want of cases


def test_the_plain_rules_know_keywords_usual_words_and_the_majority():
    said = [
        by_rules("ECPAY 1118", True, ["綠界", "ecpay"], "other"),
        by_rules("MONTHLY SERVICE FEE", False, [], "other"),
        by_rules("利息", True, [], "other"),
        by_rules("利息", False, [], "other"),
        by_rules("", True, [""], "sale"),
    ]

    assert said == [LineType.PAYOUT, LineType.BANK_FEE, LineType.INTEREST, "other", "sale"]


def test_digits_full_width_letters_and_marks_are_read_alike():
    assert words_of("ＡＣＨ_20261118-綠界/099") == ["ach", "0", "綠界", "0"]
    assert FEW.say("跨行匯出 郵電999", False).words == ["郵電0"]
    assert FEW.probabilities("", True) == [0.5, 0.5]


@pytest.fixture
def line(ecpay):
    return cast.make_bank_line(cast.make_bank_statement(ecpay.bank_account), -1_500, memo="跨行匯出 郵電123")


@pytest.mark.postgres
def test_while_the_model_is_off_nothing_is_proposed_and_a_person_may_say_what_it_is(browser, shop, lin, line):
    text = browser.get(URL).content.decode()

    assert "Say what it is" in text
    assert "probably" not in text
    done = browser.post(f"{URL}{line.pk}/kind", {"other": "bank_fee", "query": "tied=no"})
    label = BankLineLabel.objects.get()
    assert done.url == f"{URL}?tied=no#line-{line.pk}"
    assert (label.kind, label.suggested, label.decided_by) == ("bank_fee", "", lin)
    assert known_memos(shop).select("memo", "is_credit", "kind").rows() == [("跨行匯出 郵電123", False, "bank_fee")]
    browser.post(f"{URL}{line.pk}/kind", {"other": "rent", "query": ""})
    events = AuditEvent.objects.filter(action="bank_line.named").order_by("pk")
    assert [(event.before["kind"], event.after["kind"]) for event in events] == [("", "bank_fee"), ("bank_fee", "rent")]


def test_what_the_model_proposes_is_confirmed_in_one_click(browser, shop, line):
    make_model(shop, "memo_type", is_on=True, parameters=FEW.as_json())
    text = browser.get(URL).content.decode()

    assert "probably, 98\u00a0%" in text
    assert "郵電0" in text
    browser.post(f"{URL}{line.pk}/kind", {"kind": "bank_fee", "other": "payout", "query": ""})
    label = BankLineLabel.objects.get()
    assert (label.kind, label.suggested) == ("bank_fee", "bank_fee")
    assert "probably" not in browser.get(URL).content.decode()


def test_nonsense_and_a_reader_without_the_right_change_nothing(client, browser, shop, line):
    browser.post(f"{URL}{line.pk}/kind", {"other": "nonsense", "query": ""})
    client.force_login(cast.viewer(shop, language="en"), backend="django.contrib.auth.backends.ModelBackend")

    assert client.post(f"{URL}{line.pk}/kind", {"other": "rent"}).status_code == 403
    assert "Say what it is" not in client.get(URL).content.decode()
    assert BankLineLabel.objects.count() == 0


@pytest.mark.postgres
def test_tied_lines_teach_payouts_by_themselves(shop, ecpay):
    tied = cast.make_bank_line(cast.make_bank_statement(ecpay.bank_account), 90_000, memo="綠界科技 20261118")
    payout = cast.make_payout(ecpay, "PO-1", 90_000)
    BankMatch.objects.create(merchant=shop, payout=payout, bank_line=tied, amount_minor=90_000, rule="due_amount")

    assert known_memos(shop).select("memo", "kind").rows() == [("綠界科技 20261118", "payout")]

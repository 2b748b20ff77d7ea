"""Sentences for refused files and rejected rows."""

import pytest
from django.utils import translation

from apps.channels.contracts import Refusal, Reject
from apps.channels.refusals import refusal_sentence, reject_sentence


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.mark.parametrize("code", list(Refusal))
def test_every_refusal_has_a_sentence_even_without_parameters(code):
    sentence = refusal_sentence(code, {})

    assert sentence.endswith(".")
    assert "%" not in sentence


@pytest.mark.parametrize("code", list(Reject))
def test_every_rejection_has_a_sentence_with_its_column(code):
    assert reject_sentence(code, column="gross", value="x").startswith("gross: ")


def test_parameters_are_shown_in_words():
    other = refusal_sentence("other_provider", {"expected": "alipay", "found": "wechat"})
    columns = refusal_sentence("other_layout", {"missing": ["net", "fee"], "unknown": [], "wanted": "Report"})

    assert other == "This is a file of WeChat Pay 微信支付, but the channel is with Alipay 支付宝. Choose the channel it belongs to."
    assert "Missing: net, fee. Please upload Report as downloaded" in columns
    assert refusal_sentence("bad_rows", {"count": 1}) == "1 row cannot be read, so nothing of the file was imported."
    assert refusal_sentence("bad_format", {"row": 7, "reason": "quotes"}).startswith(
        "The file cannot be used, see line 7: a quotation mark"
    )
    assert refusal_sentence("bad_format", {"row": 0, "reason": "pdf"}) == "The file cannot be used: it is a PDF; download the CSV file."
    assert reject_sentence("bad_amount", column="gross", value="free") == "gross: “free” is not an amount."

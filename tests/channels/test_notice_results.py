"""What became of a notice is told in words; every code that is written has some."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation

from apps.channels.notice_results import TROUBLES, WORDS, result_words
from apps.orders.enums import PaymentTrouble


@pytest.mark.parametrize(
    ("result", "words"),
    [
        ("moved P1", "P1 was changed by it"),
        ("known rf_1", "rf_1 stood so already"),
        ("trouble late P1", "P1 was paid after it had expired: to be judged"),
        ("trouble  P1", "the provider took back what it had said of P1"),
        ("no_payment", "no payment here has this number"),
        ("dropped 7", "7 more like it were counted and not kept"),
        ("The dispute is over.", "The dispute is over."),
        ("", ""),
    ],
)
def test_a_result_is_told_in_words(result, words):
    with translation.override("en"):
        assert result_words(result) == words


def test_every_code_that_the_notices_write_has_words():
    source = "".join(path.read_text() for path in Path(settings.BASE_DIR, "apps/orders/services/notices").glob("*.py"))
    written = set(re.findall(r'NoticeState\.\w+\)?, f?"([a-z_]+)[ "]', source)) | set(
        re.findall(r"\{'(\w+)' if changed else '(\w+)'\}", source)[0]
    )

    assert written - {"trouble", "no"} <= set(WORDS)
    assert {"no_payment", "tied", "not_done", "moved", "known"} <= written
    assert set(TROUBLES) == {*PaymentTrouble.values, ""}

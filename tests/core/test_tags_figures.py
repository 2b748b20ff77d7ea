"""Figures and dates as people of each language read them."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.template import engines
from django.utils import timezone, translation

from apps.core import figures
from apps.core.money import to_minor
from tests.cast import NOW


@pytest.fixture(autouse=True)
def _taipei_in_november():
    with time_machine.travel(NOW, tick=False), timezone.override(ZoneInfo("Asia/Taipei")):
        yield


def render(template, **context):
    return engines["django"].from_string("{% load figures ui %}" + template).render(context).strip()


@pytest.mark.parametrize(
    ("minor", "currency", "plain", "signed", "alone"),
    [
        (128000, "TWD", "1,280", "+1,280", "NT$1,280"),
        (128050, "TWD", "1,280.50", "+1,280.50", "NT$1,280.50"),
        (-4700, "TWD", "−47", "−47", "−NT$47"),
        (0, "TWD", "0", "0", "NT$0"),
        (318420, "USD", "3,184.20", "+3,184.20", "USD\u00a03,184.20"),
        (300000, "USD", "3,000.00", "+3,000.00", "USD\u00a03,000.00"),
        (-12345, "JPY", "−12,345", "−12,345", "−JPY\u00a012,345"),
        (1234567, "KWD", "1,234.567", "+1,234.567", "KWD\u00a01,234.567"),
    ],
)
def test_money_is_written_with_its_own_digits(minor, currency, plain, signed, alone):
    written = [text(minor, currency) for text in (figures.money_text, figures.signed_text, figures.cash_text)]

    assert written == [plain, signed, alone]


def test_a_side_that_does_not_exist_is_a_word():
    assert figures.money_text(None, "TWD") == "none" or translation.get_language() == "zh-hant"


@pytest.mark.parametrize(
    ("language", "this_year", "last_year", "moment"),
    [
        ("zh-hant", "11/20（五）", "2025/11/20（四）", "11/20（五）15:46"),
        ("zh-hans", "11-20", "2025-11-20", "11-20 15:46"),
        ("en", "20 Nov", "20 Nov 2025", "20 Nov 15:46"),
    ],
)
def test_days_follow_the_language(language, this_year, last_year, moment):
    with translation.override(language):
        assert figures.day_text(date(2026, 11, 20)) == this_year
        assert figures.day_text(date(2025, 11, 20)) == last_year
        assert figures.when_text(NOW) == moment


def test_a_moment_is_read_in_the_active_zone():
    with translation.override("en"), timezone.override(ZoneInfo("America/New_York")):
        assert figures.when_text(datetime(2026, 11, 20, 3, 0, tzinfo=UTC)) == "19 Nov 22:00"


@pytest.mark.parametrize(
    ("minor", "currency", "text"), [(128000, "TWD", "1280"), (128050, "TWD", "1280.50"), (-4700, "TWD", "-47"), (318420, "USD", "3184.20")]
)
def test_a_figure_to_be_typed_over_is_read_back(minor, currency, text):
    with translation.override("zh-hant"):
        assert figures.figure_for_input(minor, currency) == text
    assert to_minor(text, currency) == minor


def test_a_span_on_paper_names_its_year():
    with translation.override("en"):
        assert figures.span_text(date(2026, 11, 1), date(2026, 11, 20), with_year=True) == "1 Nov 2026 – 20 Nov 2026"


def test_spans_months_percents_and_counts():
    with translation.override("zh-hant"):
        assert figures.span_text(date(2026, 11, 1), date(2026, 11, 20)) == "11/01–11/20"
        assert figures.span_text(date(2026, 11, 1), date(2026, 11, 1)) == "11/01（日）"
        assert figures.span_text(date(2026, 11, 1), date(2026, 11, 20), with_year=True) == "2026/11/01–2026/11/20"
        assert figures.month_text(date(2026, 11, 1)) == "2026 年 11 月"
    assert figures.percent_text(27500) == "2.75\u00a0%"
    assert figures.percent_text(None) == "—"
    assert figures.count_text(1008) == "1,008"


def test_tags_escape_what_they_are_given():
    assert "<b>" not in render('{% chip "red" text %}{% identifier text %}{% avatar text %}', text="<b>x</b>")


def test_identifier_keeps_the_end_and_the_whole_in_the_tooltip():
    shown = render("{% identifier ref 7 %}", ref="2611161402187733")

    assert shown == '<span class="ident" title="2611161402187733">…2187733</span>'


@pytest.mark.parametrize(
    ("hours", "tone", "text"),
    [
        (-29, "red", "overdue 1 day 5 hours"),
        (-5.05, "red", "overdue 5 hours"),
        (-0.5, "red", "overdue 30 minutes"),
        (2.25, "amber", "2 hours 15 minutes"),
        (9, "neutral", "9 hours"),
        (48, "neutral", "22 Nov"),
    ],
)
def test_due_clock_says_what_is_left_in_its_tone(hours, tone, text):
    moment = datetime.fromtimestamp(NOW.timestamp() + hours * 3600, UTC)

    with translation.override("en"):
        shown = render("{% due moment %}", moment=moment)

    assert f'class="due due--{tone}"' in shown
    assert f"<span>{text}</span>" in shown


def test_completeness_cell_marks_survive_without_colour():
    shown = render('{% quarters states "ECPay 11/17" "/x" %}', states=("done", "amber", "red", "wait"))

    assert shown.startswith('<a class="cell" href="/x" title="ECPay 11/17" aria-label="ECPay 11/17">')
    assert [shown.count(f'class="q-{kind}"') for kind in ("done", "amber", "red", "wait", "sign")] == [1, 1, 1, 1, 2]
    assert 'class="q-whole"' in render('{% quarters states "x" %}', states=("done",) * 4)
    assert 'class="q-none"' in render('{% quarters states "x" %}', states=())

"""`{% load figures %}`: money, counts, days and identifiers as text. The rules are in core/figures.py."""

from django import template
from django.utils import timezone
from django.utils.html import format_html

from apps.core import figures

register = template.Library()

register.simple_tag(figures.money_text, name="money")
register.simple_tag(figures.signed_text, name="signed")
register.simple_tag(figures.cash_text, name="cash")
register.simple_tag(figures.percent_text, name="percent")
register.simple_tag(figures.span_text, name="span")
register.simple_tag(figures.month_text, name="month")
register.filter("count", figures.count_text)


@register.simple_tag
def day(value, form: str = ""):
    """`{% day row.due_on %}`; `{% day row.due_on "full" %}` always shows the year."""
    if value is None:
        return "—"
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), figures.day_text(value, with_year=form == "full"))


@register.simple_tag
def when(moment, form: str = ""):
    """`{% when row.paid_at %}` in the merchant's zone; the tooltip has the exact time and zone. `"seconds"` for evidence."""
    if moment is None:
        return "—"
    local = moment.astimezone(timezone.get_current_timezone())
    text = figures.when_text(moment, with_seconds=form == "seconds")
    return format_html('<time datetime="{}" title="{}">{}</time>', local.isoformat(), f"{local:%Y-%m-%d %H:%M:%S %Z}", text)


@register.simple_tag
def identifier(text, keep: int = 0):
    """A reference in slashed-zero figures; with `keep`, only its last characters: …2187733, the whole in the tooltip."""
    text = str(text or "")
    if not text:
        return "—"
    if not keep or len(text) <= keep + 1:
        return format_html('<span class="ident">{}</span>', text)
    return format_html('<span class="ident" title="{}">…{}</span>', text, text[-keep:])

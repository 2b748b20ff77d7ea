"""`{% load ui %}`: icons, chips, tie marks, clocks and the other small components. Each is shown in docs/design-system.md."""

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core import panels
from apps.core.due import due as due_clock
from apps.core.ui import TONE_ICONS, Chip, Tone, job_name

register = template.Library()
register.filter("job_name", job_name)


@register.simple_tag
def icon(name: str, classes: str = ""):
    """A Tabler outline icon of static/icons.txt. Always beside its word, hence hidden from readers."""
    address = static("vendor/sprite.svg")
    return format_html('<svg class="icon {}" aria-hidden="true" focusable="false"><use href="{}#i-{}"></use></svg>', classes, address, name)


@register.simple_tag
def chip(tone, text: str = "", icon: str = ""):
    """`{% chip "amber" text %}` or `{% chip row.state_chip %}` with a `core.ui.Chip`."""
    one = tone if isinstance(tone, Chip) else Chip(text, tone, icon)
    return chip_html(one)


def chip_html(one: Chip):
    """A state chip; used by tables too."""
    mark = icon(one.icon or TONE_ICONS[Tone(one.tone)])
    return format_html('<span class="chip chip--{}">{}{}</span>', one.tone, mark, one.text)


@register.simple_tag
def tie(agrees: bool, size: str = ""):
    """The mark on the seam between two figures: = agrees, ≠ differs. `size` may be "lg" or "bare"."""
    kind, sign, word = ("equal", "=", _("agrees")) if agrees else ("differs", "≠", _("differs"))
    return format_html('<span class="tie tie--{} {}" role="img" aria-label="{}">{}</span>', kind, size and f"tie--{size}", word, sign)


@register.simple_tag
def due(moment, now=None):
    """A deadline that counts down (static/js/clock.js); `—` when there is none."""
    if moment is None:
        return "—"
    one = due_clock(moment, now)
    local = moment.astimezone(timezone.get_current_timezone())
    return format_html(
        '<time class="due due--{}" datetime="{}" title="{}" data-due>{}<span>{}</span></time>',
        one.tone,
        moment.isoformat(),
        f"{local:%Y-%m-%d %H:%M %Z}",
        icon(one.icon),
        one.text,
    )


@register.simple_tag
def clock_words():
    """The words static/js/clock.js counts down with, in the page's language; # stands for the number or the time."""
    units = {"day": ("%d day", "%d days"), "hour": ("%d hour", "%d hours"), "minute": ("%d minute", "%d minutes")}
    words = {"overdue": _("overdue %(time)s").replace("%(time)s", "#")}
    for name, forms in units.items():
        words[name] = ngettext(*forms, 1).replace("%d", "#")
        words[f"{name}s"] = ngettext(*forms, 2).replace("%d", "#")
    return format_html('<template id="clock-words"{}></template>', format_html_join("", ' data-{}="{}"', words.items()))


@register.simple_tag
def avatar(person, size: str = ""):
    """The first letter of a person; the name stands beside it or in the tooltip."""
    name = str(person or "")
    return format_html('<span class="face {}" title="{}" aria-hidden="true">{}</span>', size and f"face--{size}", name, name[:1].upper())


@register.simple_tag
def logo():
    """An ink square in two halves, an equals sign running across the gap."""
    return format_html('<svg class="logo" aria-hidden="true" focusable="false"><use href="{}#logo"></use></svg>', static("img/logo.svg"))


QUARTERS = ((0, 0), (11, 0), (0, 11), (11, 11))  # statement in, totals agree, matched, paid out


@register.simple_tag
def quarters(states, label: str, href: str = ""):
    """A completeness cell. `states` is four of done, wait, amber, red in the order of QUARTERS, or empty when nothing is expected."""
    drawing = _quarters_svg(list(states or []))
    if not href:
        return format_html('<span class="cell" title="{}"><span class="visually-hidden">{}</span>{}</span>', label, label, drawing)
    return format_html('<a class="cell" href="{}" title="{}" aria-label="{}">{}</a>', href, label, label, drawing)


def _quarters_svg(states: list[str]):
    if not states:
        body = mark_safe('<rect class="q-none" x="6" y="9.5" width="8" height="1"/>')
    elif set(states) == {"done"}:
        body = mark_safe('<rect class="q-whole" x="0" y="0" width="20" height="20" rx="4"/>')
    else:
        body = format_html_join("", "{}", ((_quarter(x, y, state),) for (x, y), state in zip(QUARTERS, states, strict=True)))
    return format_html('<svg class="quarters" viewBox="0 0 20 20" aria-hidden="true" focusable="false">{}</svg>', body)


def _quarter(x: int, y: int, state: str):
    """Amber carries a dot and red a bar, so that the marks survive without colour."""
    inset, side = (0.75, 7.5) if state == "wait" else (0, 9)
    square = format_html('<rect class="q-{}" x="{}" y="{}" width="{}" height="{}" rx="1.5"/>', state, x + inset, y + inset, side, side)
    if state == "amber":
        return square + format_html('<circle class="q-sign" cx="{}" cy="{}" r="1.75"/>', x + 4.5, y + 4.5)
    if state == "red":
        return square + format_html('<rect class="q-sign" x="{}" y="{}" width="5" height="1.75"/>', x + 2, y + 3.6)
    return square


@register.inclusion_tag("components/field.html")
def field(bound, hint: str = "", label: str = ""):
    """One form field: label, control, help, and the error below with the typed value kept."""
    is_box = getattr(bound.field.widget, "input_type", "") == "checkbox"
    return {"field": bound, "hint": hint or bound.help_text, "label": label or bound.label, "is_box": is_box, "errors": bound.errors}


@register.inclusion_tag("components/form_errors.html")
def form_errors(form):
    """What is wrong with the form as a whole, above its fields."""
    return {"errors": form.non_field_errors()}


@register.inclusion_tag("components/pager.html", takes_context=True)
def pager(context, page):
    """Newer and older for a `core.paging.KeysetPage`; nothing when all rows fit."""
    return {"page": page, "query": _query_without(context["request"], "after", "before")}


@register.inclusion_tag("components/empty.html")
def empty(title: str, text: str = "", href: str = "", action: str = "", icon: str = ""):
    """The empty state of a list: a sentence, and at most one way on."""
    return {"title": title, "text": text, "href": href, "action": action, "icon": icon}


@register.inclusion_tag("components/banner.html")
def banner(tone: str, text: str, href: str = "", action: str = ""):
    """What happened, what was kept, what to do: one sentence and at most one button."""
    return {
        "tone": tone,
        "text": text,
        "href": href,
        "action": action,
        "icon": {"neutral": "info-circle"}.get(tone) or TONE_ICONS[Tone(tone)],
    }


@register.inclusion_tag("components/compare.html")
def compare(rows, ours: str, theirs: str):
    """The two sides. `rows` are `core.panels.Pair`; the later document stands on the right."""
    return {"rows": rows, "ours": ours, "theirs": theirs}


@register.inclusion_tag("components/strip.html")
def strip(cells, proof=None):
    """The KPI strip. `cells` are `core.panels.Cell`, `proof` a `core.panels.Proof`."""
    cells = list(cells)
    return {"cells": cells, "proof": proof, "bars": panels.bars(cells)}


@register.inclusion_tag("components/trail.html")
def trail(steps):
    """A short horizontal trail of `core.panels.Step`."""
    return {"steps": steps}


@register.inclusion_tag("components/timeline.html")
def timeline(steps):
    """The vertical time line of `core.panels.Step`; the raw payload unfolds in place."""
    return {"steps": steps}


@register.inclusion_tag("components/clocks.html")
def clocks(cells):
    """Three clocks: payment, settlement, bank, each a `core.panels.Clock`."""
    return {"cells": cells}


@register.inclusion_tag("components/tabs.html")
def tabs(entries, label: str):
    """Segment tabs of `core.panels.Tab`: saved views, parts of a page."""
    return {"entries": entries, "label": label}


@register.inclusion_tag("components/job.html")
def job(row, url: str, done_url: str = ""):
    """The progress of a job, asked for again each second by htmx until it ends."""
    return {"job": row, "url": url, "done_url": done_url}


@register.inclusion_tag("components/dropzone.html", takes_context=True)
def dropzone(context, action: str, name: str = "files", accept: str = "", title: str = "", hint: str = ""):
    """A form to which files can be dragged; an ordinary file input without JavaScript."""
    return {"action": action, "name": name, "accept": accept, "title": title, "hint": hint, "csrf_token": context["csrf_token"]}


@register.simple_tag(takes_context=True)
def query_with(context, **changes):
    """This page's query string with some parts changed; the paging cursor is dropped. `?` included."""
    query = context["request"].GET.copy()
    for name in ("after", "before"):
        query.pop(name, None)
    for name, value in changes.items():
        query.pop(name, None)
        if value not in (None, ""):
            query[name] = value
    return f"?{query.urlencode()}"


def _query_without(request, *names: str) -> str:
    query = request.GET.copy()
    for name in names:
        query.pop(name, None)
    return query.urlencode()

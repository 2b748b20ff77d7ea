"""Settings → Rules: tolerances and windows of each channel, tried on its history before they are saved."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.channels.models import Channel
from apps.core import clock
from apps.core.errors import HezhangError
from apps.merchants.access import has_right, needs
from apps.settlements.errors import SameRules
from apps.settlements.forms.rules import RulesForm, SaveRulesForm
from apps.settlements.models import RuleReplay
from apps.settlements.selectors import rules as selected
from apps.settlements.selectors.replays import told_by
from apps.settlements.services.replaying import ask_replay, save_replay


@require_safe
@needs("view_settings")
def index(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """The rules in force, channel by channel."""
    return render(request, "settlements/rules/index.html", {"rows": selected.rules_of(request.merchant)})


@require_safe
@needs("view_settings")
def channel_rules(request: HttpRequest, merchant_slug: str, code: str) -> HttpResponse:
    """One channel: its rules, or those of the replay in the address with what that told, and every version before."""
    channel = _channel(request, code)
    asked = request.GET.get("replay", "")
    is_number = asked.isascii() and asked.isdecimal() and len(asked) < 19
    replay = selected.replays_of(channel).filter(pk=int(asked)).first() if is_number else None
    values = replay.rules if replay else selected.in_force(channel)
    return _show(request, channel, RulesForm(values=values, currency=channel.currency), replay)


@require_POST
@needs("reconcile")
def replay(request: HttpRequest, merchant_slug: str, code: str) -> HttpResponse:
    """Tries the typed rules on everything the channel has; nothing in force changes."""
    channel = _channel(request, code)
    form = RulesForm(request.POST, values=selected.in_force(channel), currency=channel.currency)
    if form.is_valid():
        try:
            asked, _job = ask_replay(channel=channel, rules=form.cleaned_data, by=request.user, now=clock.now())
        except SameRules as error:
            form.add_error(None, str(error))
        else:
            return redirect(f"{_address(request, channel)}?replay={asked.pk}#replay")
    return _show(request, channel, form, None, status=422)


@require_safe
@needs("view_settings")
def job(request: HttpRequest, merchant_slug: str, code: str, pk: int) -> HttpResponse:
    """How far the replay is."""
    channel = _channel(request, code)
    row = get_object_or_404(selected.replays_of(channel), pk=pk)
    return render(request, "settlements/rules/_job.html", _job_context(request, channel, row))


@require_POST
@needs("edit_settings")
def save(request: HttpRequest, merchant_slug: str, code: str, pk: int) -> HttpResponse:
    """Puts the rules of a replay in force."""
    channel = _channel(request, code)
    row = get_object_or_404(selected.replays_of(channel), pk=pk)
    form = SaveRulesForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Give a reason."))
        return redirect(f"{_address(request, channel)}?replay={pk}#replay")
    try:
        saved = save_replay(
            merchant=request.merchant, replay_id=row.pk, reason=form.cleaned_data["reason"], by=request.user, now=clock.now()
        )
    except HezhangError as error:
        messages.error(request, str(error))
        return redirect(f"{_address(request, channel)}?replay={pk}#replay")
    messages.success(request, _("Version %(version)s is in force. Reconciliation follows.") % {"version": saved.version})
    return redirect(_address(request, channel))


def _channel(request: HttpRequest, code: str) -> Channel:
    """:raises Http404: the merchant has no such channel."""
    return get_object_or_404(Channel.objects.for_merchant(request.merchant), code=code)


def _address(request: HttpRequest, channel: Channel) -> str:
    return reverse("settlements:channel_rules", args=[request.merchant.slug, channel.code])


def _show(request: HttpRequest, channel: Channel, form: RulesForm, row: RuleReplay | None, *, status: int = 200) -> HttpResponse:
    can_try = has_right(request.membership, "reconcile")
    if not can_try:
        for field in form.fields.values():
            field.disabled = True
    context = {
        "channel": channel,
        "now": selected.row_of(channel),
        "form": form,
        "versions": selected.versions_of(channel),
        "replay": row,
        "told": told_by(row, request.merchant) if row and row.finished_at else None,
        "save_form": SaveRulesForm(),
        "can_try": can_try,
        "can_save": has_right(request.membership, "edit_settings"),
        **(_job_context(request, channel, row) if row else {}),
    }
    return render(request, "settlements/rules/channel.html", context, status=status)


def _job_context(request: HttpRequest, channel: Channel, row: RuleReplay) -> dict:
    return {
        "job": selected.job_of(row),
        "job_url": reverse("settlements:rules_job", args=[request.merchant.slug, channel.code, row.pk]),
        "done_url": f"{_address(request, channel)}?replay={row.pk}",
    }

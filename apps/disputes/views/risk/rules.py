"""The rules of alerts: presets, settings, the dry run before one is switched on."""

from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.core import clock
from apps.core.errors import HezhangError
from apps.disputes.forms.risk import NewRuleForm, RuleForm, RuleSnoozeForm
from apps.disputes.models import DryRun, RiskRule
from apps.disputes.selectors.risk import rules as selected
from apps.disputes.selectors.risk.describe import limit_text, scope_text
from apps.disputes.selectors.risk.rule_settings import kept
from apps.disputes.services.risk import ruling
from apps.disputes.tables.risk import amounts_text
from apps.merchants.access import has_right, needs


@require_safe
@needs("view_settings")
def rules(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    rows = [(rule, limit_text(rule, request.merchant), scope_text(rule)) for rule in selected.rules_of(request.merchant)]
    context = {
        "rows": rows,
        "now": clock.now(),
        "can_edit": has_right(request.membership, "edit_alerts"),
        "lacks_presets": selected.lacks_presets(request.merchant),
        "form": NewRuleForm(merchant=request.merchant),
    }
    return render(request, "disputes/risk/rules.html", context)


@require_POST
@needs("edit_alerts")
def add_presets(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """The presets that the shop lacks, switched off."""
    ruling.add_presets(merchant=request.merchant, by=request.user, now=clock.now())
    return redirect("disputes:risk_rules", merchant_slug)


@require_POST
@needs("edit_alerts")
def add_rule(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    form = NewRuleForm(request.POST, merchant=request.merchant)
    if not form.is_valid():
        messages.error(request, _("Choose what to watch."))
        return redirect("disputes:risk_rules", merchant_slug)
    rule = ruling.add_rule(merchant=request.merchant, **form.cleaned_data, by=request.user, now=clock.now())
    return redirect("disputes:risk_rule", merchant_slug, rule.pk)


@require_safe
@needs("view_settings")
def rule(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    """One rule: its settings, or those of the dry run in the address, and what that found."""
    row = _rule(request, pk)
    asked = request.GET.get("dry_run", "")
    tries = selected.dry_runs_of(request.merchant, row).select_related("rule")
    tried = tries.filter(pk=int(asked)).first() if asked.isascii() and asked.isdecimal() and len(asked) < 19 else row.dry_run
    values = tried.settings if tried is not None and asked else kept(row)
    return _show(request, row, RuleForm(rule=row, merchant=request.merchant, values=values), tried)


@require_POST
@needs("edit_alerts")
def try_rule(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    """Tries the typed settings on the last 30 days; nothing about the rule changes."""
    row = _rule(request, pk)
    form = RuleForm(request.POST, rule=row, merchant=request.merchant, values=kept(row))
    if not form.is_valid():
        return _show(request, row, form, row.dry_run, status=422)
    tried, _job = ruling.ask_dry_run(merchant=request.merchant, rule_id=pk, settings=form.values(), by=request.user, now=clock.now())
    return redirect(f"{reverse('disputes:risk_rule', args=[merchant_slug, pk])}?dry_run={tried.pk}#tried")


@require_safe
@needs("view_settings")
def job(request: HttpRequest, merchant_slug: str, pk: int, dry_run: int) -> HttpResponse:
    """How far the dry run is."""
    tried = get_object_or_404(DryRun.objects.for_merchant(request.merchant), pk=dry_run, rule_id=pk)
    return render(request, "disputes/risk/_job.html", _job_context(request, tried))


@require_POST
@needs("edit_alerts")
def use(request: HttpRequest, merchant_slug: str, pk: int, dry_run: int) -> HttpResponse:
    """Sets the rule as it was tried, and switches it on."""
    _rule(request, pk)
    get_object_or_404(DryRun.objects.for_merchant(request.merchant), pk=dry_run, rule_id=pk)
    try:
        ruling.use_dry_run(merchant=request.merchant, rule_id=pk, dry_run_id=dry_run, by=request.user, now=clock.now())
    except HezhangError as error:
        messages.error(request, str(error))
        return redirect("disputes:risk_rule", merchant_slug, pk)
    messages.success(request, _("The rule is on."))
    return redirect("disputes:risk_rules", merchant_slug)


@require_POST
@needs("edit_alerts")
def switch(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    """`to=on` takes the settings it was last on with; `to=off` looks no more."""
    _rule(request, pk)
    service = ruling.switch_on if request.POST.get("to") == "on" else ruling.switch_off
    try:
        row = service(merchant=request.merchant, rule_id=pk, by=request.user, now=clock.now())
    except HezhangError as error:
        messages.error(request, str(error))
        return redirect("disputes:risk_rule", merchant_slug, pk)
    messages.success(request, _("The rule is on.") if row.is_on else _("The rule is off."))
    return redirect("disputes:risk_rules", merchant_slug)


@require_POST
@needs("edit_alerts")
def snooze(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    _rule(request, pk)
    form, now = RuleSnoozeForm(request.POST), clock.now()
    if form.is_valid():
        days = form.cleaned_data["days"]
        until = now + timedelta(days=days) if days else None
        ruling.snooze_rule(merchant=request.merchant, rule_id=pk, until=until, by=request.user, now=now)
        messages.success(request, _("The rule rests.") if until else _("The rule is awake."))
    return redirect("disputes:risk_rule", merchant_slug, pk)


def _rule(request: HttpRequest, pk: int) -> RiskRule:
    """:raises Http404: the merchant has no such rule."""
    return get_object_or_404(RiskRule.objects.for_merchant(request.merchant).select_related("dry_run", "channel", "storefront"), pk=pk)


def _show(request: HttpRequest, row: RiskRule, form: RuleForm, tried: DryRun | None, *, status: int = 200) -> HttpResponse:
    now, can_edit = clock.now(), has_right(request.membership, "edit_alerts")
    if not can_edit:
        for field in form.fields.values():
            field.disabled = True
    context = {
        "rule": row,
        "form": form,
        "limit": limit_text(row, request.merchant),
        "scope": scope_text(row),
        "tried": tried,
        "tried_rows": selected.rows_of(request.merchant, tried) if tried and tried.finished_at else [],
        "tried_money": amounts_text(tried.money) if tried else "",
        "is_in_use": tried is not None and row.is_on and row.dry_run_id == tried.pk,
        "is_resting": row.snoozed_until is not None and row.snoozed_until > now,
        "snooze_form": RuleSnoozeForm(),
        "can_edit": can_edit,
        **(_job_context(request, tried) if tried else {}),
    }
    return render(request, "disputes/risk/rule.html", context, status=status)


def _job_context(request: HttpRequest, tried: DryRun) -> dict:
    args = [request.merchant.slug, tried.rule_id]
    return {
        "job": selected.job_of(tried),
        "job_url": reverse("disputes:risk_rule_job", args=[*args, tried.pk]),
        "done_url": f"{reverse('disputes:risk_rule', args=args)}?dry_run={tried.pk}",
    }

"""What happened to a difference, oldest first: opened, what people did, cleared by itself."""

from django.db.models import Q
from django.utils.translation import gettext as _

from apps.audit.models import AuditEvent
from apps.core.figures import when_text
from apps.core.panels import Step
from apps.settlements.enums import DiscrepancyState, Resolution
from apps.settlements.models import Discrepancy, DiscrepancyComment


def comments_of(item: Discrepancy) -> list[DiscrepancyComment]:
    return list(item.comments.select_related("written_by").order_by("written_at", "pk"))


def history_of(item: Discrepancy) -> list[Step]:
    """The audit events of a difference as a time line, begun by its opening."""
    about = Q(subject_type="discrepancy", subject_id=str(item.pk))
    asked = [str(pk) for pk in item.signatures.values_list("pk", flat=True)]
    if asked:
        about |= Q(subject_type="secondsignature", subject_id__in=asked)
    events = AuditEvent.objects.for_merchant(item.merchant_id).filter(about)
    steps = [_step(event) for event in events.order_by("happened_at", "pk")]
    opened = Step(
        when_text(item.opened_at), _("Found by reconciliation"), detail=item.get_severity_display(), icon="equal-not", state="fault"
    )
    if item.state == DiscrepancyState.CLEARED and item.closed_at:
        steps = [step for step in steps if step.icon != "checks"]
        steps.append(Step(when_text(item.closed_at), _("Cleared by itself: the missing side arrived"), icon="checks"))
    return [opened, *steps]


def _step(event: AuditEvent) -> Step:
    word = event.action.partition(".")[2]
    title, icon = {
        "assigned": lambda: (_assigned(event), "user"),
        "resolved": lambda: (_("Resolved: %(how)s") % {"how": _resolution(event)}, "circle-check"),
        "written_off": lambda: (_("Difference written off"), "circle-check"),
        "reopened": lambda: (_("Open again"), "arrow-back-up"),
        "cleared": lambda: (_("Cleared by itself: the missing side arrived"), "checks"),
        "paused": lambda: (_("The clock stands still"), "player-pause"),
        "resumed": lambda: (_("The clock runs again"), "clock"),
        "escalated": lambda: (_("Told that it is overdue"), "bell"),
        "asked": lambda: (_("A second person was asked"), "users"),
        "approved": lambda: (_("Approved by a second person"), "circle-check"),
        "rejected": lambda: (_("Rejected by the second person"), "x"),
        "withdrawn": lambda: (_("The request was taken back"), "arrow-back-up"),
        "undone": lambda: (_("What was approved is undone"), "arrow-back-up"),
    }.get(word, lambda: (event.action, "circle"))()
    detail = " · ".join(part for part in (event.actor_label, event.reason) if part)
    return Step(when_text(event.happened_at), title, detail=detail, icon=icon)


def _assigned(event: AuditEvent) -> str:
    owner = event.after.get("owner")
    return _("Given to %(person)s") % {"person": owner} if owner else _("Given back")


def _resolution(event: AuditEvent) -> str:
    value = event.after.get("resolution", "")
    return str(Resolution(value).label) if value in Resolution.values else value

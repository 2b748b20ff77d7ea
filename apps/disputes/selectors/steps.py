"""The time line of a dispute in words."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core.figures import cash_text, signed_text, when_text
from apps.core.panels import Step
from apps.disputes.enums import DisputeState, EventKind, EvidenceType, Family, LineRole, Origin
from apps.disputes.models import Dispute, DisputeEvent

ICONS = {
    EventKind.OPENED: "gavel", EventKind.MOVED: "route", EventKind.CHANGED: "pencil", EventKind.NOTE: "message",
    EventKind.EVIDENCE: "paperclip", EventKind.EVIDENCE_OFF: "trash", EventKind.BUNDLED: "file-type-pdf",
    EventKind.LISTED: "file-spreadsheet", EventKind.UNLISTED: "unlink", EventKind.REMINDED: "bell",
}  # fmt: skip


def steps_of(dispute: Dispute, events: list[DisputeEvent]) -> list[Step]:
    """Oldest first, what is expected last."""
    steps = [_step(dispute, event) for event in events]
    if dispute.waits_for_us and dispute.evidence_due_at:
        title = _("Answer due") if not dispute.due_is_guess else _("Answer due, by our cautious guess")
        steps.append(Step(when_text(dispute.evidence_due_at), title, "expected", icon="clock"))
    return steps


def _step(dispute: Dispute, event: DisputeEvent) -> Step:
    title, detail, amount = _TELLERS.get(event.kind, _plain)(dispute, event)
    who = str(event.by) if event.by else "Hezhang"
    return Step(
        when=when_text(event.happened_at),
        title=title,
        state="fault" if event.detail.get("to") == DisputeState.LOST or event.detail.get("mark") == 0 else "done",
        detail=" · ".join(part for part in (who, detail, event.text) if part),
        amount=amount,
        icon=ICONS[EventKind(event.kind)],
    )


def _plain(dispute: Dispute, event: DisputeEvent):
    return str(EventKind(event.kind).label), "", ""


def _opened(dispute: Dispute, event: DisputeEvent):
    return _("Dispute opened"), str(Origin(event.detail["origin"]).label), cash_text(event.detail["amount_minor"], dispute.currency)


def _moved(dispute: Dispute, event: DisputeEvent):
    was, to = (str(DisputeState(event.detail[end]).label) for end in ("was", "to"))
    back = event.detail.get("returned_minor")
    amount = _("%(amount)s came back") % {"amount": cash_text(back, dispute.currency)} if back else ""
    return f"{was} → {to}", amount, ""


def _changed(dispute: Dispute, event: DisputeEvent):
    said = event.detail
    parts = []
    if "owner" in said:
        parts.append(_("given to %(person)s") % {"person": said["owner"]} if said["owner"] else _("given back"))
    if said.get("evidence_due_at"):
        parts.append(_("answer due %(when)s") % {"when": when_text(datetime.fromisoformat(said["evidence_due_at"]))})
    if said.get("fee_minor") is not None:
        parts.append(_("fee %(fee)s") % {"fee": cash_text(said["fee_minor"], dispute.currency)})
    if "reason_code" in said:
        parts.append(_("reason code %(code)s") % {"code": said["reason_code"] or "—"})
    if "family" in said:
        parts.append(str(Family(said["family"]).label))
    return _("Details changed"), " · ".join(parts), ""


def _document(dispute: Dispute, event: DisputeEvent):
    kind = str(EvidenceType(event.detail["type"]).label)
    title = _("Evidence added") if event.kind == EventKind.EVIDENCE else _("Evidence taken out")
    return title, f"{kind} · {event.detail['name']}", ""


def _bundled(dispute: Dispute, event: DisputeEvent):
    n = event.detail["pages"]
    return _("Evidence file made"), ngettext("%(n)s page", "%(n)s pages", n) % {"n": n}, ""


def _listed(dispute: Dispute, event: DisputeEvent):
    role = event.detail["role"]
    title = _("The statement lists the chargeback") if role == LineRole.TAKEN else _("The statement gives the money back")
    fee = event.detail.get("fee_minor")
    detail = _("fee %(fee)s") % {"fee": cash_text(-fee, dispute.currency)} if fee else ""
    return title, detail, signed_text(event.detail["gross_minor"], dispute.currency)


def _reminded(dispute: Dispute, event: DisputeEvent):
    mark, people = event.detail["mark"], ", ".join(event.detail["people"])
    if mark == 0:
        return _("The answer is overdue; the shop's owners were told"), people, ""
    return ngettext("Reminder: %(n)s day left", "Reminder: %(n)s days left", mark) % {"n": mark}, people, ""


_TELLERS = {
    EventKind.OPENED: _opened,
    EventKind.MOVED: _moved,
    EventKind.CHANGED: _changed,
    EventKind.EVIDENCE: _document,
    EventKind.EVIDENCE_OFF: _document,
    EventKind.BUNDLED: _bundled,
    EventKind.LISTED: _listed,
    EventKind.REMINDED: _reminded,
}

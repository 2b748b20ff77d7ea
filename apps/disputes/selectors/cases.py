"""Questions about disputes: the list, one case with all around it, its checklist and its evidence."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, Count, F, Min, Q, QuerySet, When

from apps.channels.cells import key_text
from apps.core.money import plain
from apps.core.ui import Badge
from apps.disputes.enums import EvidenceType, LineRole
from apps.disputes.models import Dispute, DisputeEvent, DisputeLine, Evidence, EvidenceBundle
from apps.disputes.selectors.clocks import days_badge
from apps.disputes.selectors.reasons import CHECKLISTS
from apps.disputes.states import CLOSED, OPEN, WAITS_FOR_US
from apps.merchants.models import Merchant
from apps.settlements.enums import Source
from apps.settlements.models import JournalEntry, StatementLine

VIEWS = {
    "open": Q(state__in=sorted(OPEN)),
    "waiting": Q(state__in=sorted(WAITS_FOR_US)),
    "review": Q(state="under_review"),
    "closed": Q(state__in=sorted(CLOSED)),
    "all": Q(),
}


@dataclass(frozen=True, slots=True)
class Point:
    """One line of the checklist. `is_needed` documents decide, the others help."""

    type: EvidenceType
    is_needed: bool
    documents: int

    @property
    def is_there(self) -> bool:
        return self.documents > 0


def disputes_of(merchant: Merchant) -> QuerySet[Dispute]:
    """The merchant's disputes with what a row shows."""
    return Dispute.objects.for_merchant(merchant).select_related("channel", "payment__order", "owner")


def listed(rows: QuerySet[Dispute], **days) -> QuerySet[Dispute]:
    """Those with a live statement line of these business days, such as `business_date__gte`."""
    lines = DisputeLine.objects.filter(voided_at=None, **{f"line__{name}": day for name, day in days.items()})
    return rows.filter(pk__in=lines.values("dispute_id"))


def by_deadline(rows: QuerySet[Dispute]) -> QuerySet[Dispute]:
    """Those that wait for us first, by deadline; then the newest."""
    waits = Case(When(state__in=sorted(WAITS_FOR_US), then=0), default=1)
    return rows.order_by(waits, F("evidence_due_at").asc(nulls_last=True), "-opened_at", "-pk")


def counts_of(merchant: Merchant) -> dict[str, int]:
    """How many disputes each view of the list holds; one query."""
    states = Dispute.objects.for_merchant(merchant).values_list("state", flat=True)
    every = list(states)
    within = {"open": OPEN, "waiting": WAITS_FOR_US, "review": {"under_review"}, "closed": CLOSED}
    return {**{name: sum(state in group for state in every) for name, group in within.items()}, "all": len(every)}


def for_page(merchant: Merchant) -> QuerySet[Dispute]:
    """Disputes with all that a case page names."""
    return disputes_of(merchant).select_related("merchant", "payment__order__storefront", "payment__channel", "channel", "owner")


def known_for_line(merchant: Merchant, line: StatementLine) -> Dispute | None:
    """The dispute that a statement line has already: opened from it, or of the same number."""
    mine = Dispute.objects.for_merchant(merchant).filter(channel_id=line.channel_id)
    named = Q(opened_from_id=line.pk)
    if key_text(line.provider_refund_ref):
        named |= Q(provider_dispute_ref_key=key_text(line.provider_refund_ref))
    return mine.filter(named).order_by("pk").first()


def plain_fee(dispute: Dispute) -> str:
    """The fee in major units, for a form; empty while unknown."""
    return "" if dispute.fee_minor is None else plain(dispute.fee_minor, dispute.currency)


def evidence_in_order(dispute: Dispute) -> list[Evidence]:
    """Its documents in the order of the checklist, then by type and moment."""
    place = {kind: at for at, (kind, _needed) in enumerate(CHECKLISTS[dispute.family])}
    rows = dispute.evidence.filter(removed_at=None).select_related("added_by")
    return sorted(rows, key=lambda one: (place.get(one.type, len(place)), list(EvidenceType.values).index(one.type), one.pk))


def checklist_of(dispute: Dispute, documents: list[Evidence]) -> list[Point]:
    """What this reason asks for, and what of it is there."""
    have = [one.type for one in documents]
    return [Point(kind, is_needed, have.count(kind)) for kind, is_needed in CHECKLISTS[dispute.family]]


def events_of(dispute: Dispute) -> list[DisputeEvent]:
    """Its time line, oldest first."""
    return list(dispute.events.select_related("by").order_by("happened_at", "pk"))


def bundles_of(dispute: Dispute) -> list[EvidenceBundle]:
    """Its bundles, newest first."""
    return list(dispute.bundles.select_related("made_by").order_by("-made_at", "-pk"))


def lines_of(dispute: Dispute) -> list[DisputeLine]:
    """The statement lines that moved its money, as last reconciled."""
    return list(dispute.lines.filter(voided_at=None).select_related("line__statement").order_by("pk"))


def taken_minor(lines: list[DisputeLine]) -> int | None:
    """What the statements say was taken, positive; None while no line is in."""
    found = [-one.line.gross for one in lines if one.role == LineRole.TAKEN]
    return sum(found) if found else None


def disputes_of_payments(merchant: Merchant, payment_ids: list[int]) -> list[Dispute]:
    """For pages of an order: the disputes of its payments, oldest first."""
    if not payment_ids:
        return []
    rows = Dispute.objects.for_merchant(merchant).filter(payment_id__in=payment_ids).select_related("channel", "owner")
    return list(rows.order_by("opened_at", "pk"))


def waiting_of(merchant: Merchant) -> tuple[int, datetime | None]:
    """How many disputes wait for our answer, and when the next is due; one query."""
    waiting = Dispute.objects.for_merchant(merchant).filter(state__in=sorted(WAITS_FOR_US))
    found = waiting.aggregate(count=Count("pk"), due=Min("evidence_due_at"))
    return found["count"], found["due"]


def next_deadline(merchant: Merchant) -> datetime | None:
    """When the next answer is due, of those that wait for us."""
    waiting = Dispute.objects.for_merchant(merchant).filter(state__in=sorted(WAITS_FOR_US), evidence_due_at__isnull=False)
    return waiting.order_by("evidence_due_at").values_list("evidence_due_at", flat=True).first()


def badge(merchant: Merchant, now: datetime) -> Badge | None:
    """What stands beside the entry of the navigation: how many days until the next deadline, in its tone."""
    due = next_deadline(merchant)
    if due is None:
        return None
    return days_badge(due, now)


def journal_entry_of(dispute: Dispute) -> JournalEntry | None:
    """What its end moved in the journal, in force; None while it runs, or when nothing was lost."""
    mine = JournalEntry.objects.for_merchant(dispute.merchant_id).filter(source=Source.DISPUTE, source_id=dispute.pk)
    return mine.filter(reverses=None, reversed_by=None).first()

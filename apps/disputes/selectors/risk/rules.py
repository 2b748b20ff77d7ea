"""The rules of a merchant, and what they are doing."""

from datetime import datetime

from django.db.models import Count, Q, QuerySet

from apps.core.models import Job
from apps.disputes.enums import RiskJob
from apps.disputes.models import DryRun, RiskRule
from apps.disputes.models.risk import LIVE
from apps.disputes.rules.kinds import Kind
from apps.disputes.selectors.risk.words import channel_labels, sentence
from apps.merchants.models import Merchant


def rules_of(merchant: Merchant) -> QuerySet[RiskRule]:
    """All rules, in the order they were added, with their number of live alerts as `live`."""
    rows = RiskRule.objects.for_merchant(merchant).select_related("channel", "storefront")
    return rows.annotate(live=Count("alerts", filter=Q(alerts__state__in=LIVE))).order_by("created_at", "pk")


def lacks_presets(merchant: Merchant) -> bool:
    """Whether a kind has no rule yet."""
    has = set(RiskRule.objects.for_merchant(merchant).values_list("kind", flat=True))
    return bool({kind.value for kind in Kind} - has)


def dry_runs_of(merchant: Merchant, rule: RiskRule) -> QuerySet[DryRun]:
    return DryRun.objects.for_merchant(merchant).filter(rule=rule).order_by("-asked_at", "-pk")


def job_of(tried: DryRun) -> Job | None:
    """The job of a dry run."""
    rows = Job.objects.for_merchant(tried.merchant_id).filter(kind=RiskJob.DRY_RUN, payload__dry_run=tried.pk)
    return rows.order_by("-pk").first()


def rows_of(merchant: Merchant, tried: DryRun) -> list[tuple[str, dict, str]]:
    """The findings that a dry run has kept: when, the row as kept, its sentence."""
    channels = channel_labels(merchant)
    return [
        (datetime.fromisoformat(row["at"]), row, sentence(tried.rule.kind, row["facts"], row["currency"], channels)) for row in tried.rows
    ]

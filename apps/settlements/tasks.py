"""Long work of reconciliation as jobs, and the bell that rings for them."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from celery import shared_task
from django.utils.translation import gettext as _

from apps.channels.models import Channel
from apps.core import clock
from apps.core.jobs.registry import job
from apps.core.jobs.services import enqueue
from apps.core.models import OPEN_JOB_STATES, Job
from apps.merchants.models import Merchant
from apps.settlements.enums import JobKind, ModelKind
from apps.settlements.selectors.journal import is_behind
from apps.settlements.selectors.runs import merchants_with_newer_books
from apps.settlements.services.advising import refresh_advice
from apps.settlements.services.deadlines import end_pauses, escalate
from apps.settlements.services.fetching import days_to_fetch, fetch_day
from apps.settlements.services.journal import post_journal
from apps.settlements.services.reconcile import reconcile
from apps.settlements.services.replaying import run_replay
from apps.settlements.services.suggesting import refresh_suggestions
from apps.settlements.services.teaching import train
from apps.settlements.services.uploads import forget_stale_previews, post_all

NIGHT_HOUR = 3  # o'clock in the merchant's zone
LEARNING_DAY, LEARNING_HOUR = 6, 4  # Sunday at four, in the merchant's zone
PREVIEWS_KEPT = timedelta(days=7)


@job(JobKind.RECONCILE, queue="imports", limit=timedelta(minutes=30))
def reconcile_job(job, progress) -> dict:
    """payload: `as_of` (ISO day) and `channel_id`, both optional."""
    merchant = Merchant.objects.get(pk=job.merchant_id)
    channel = Channel.objects.for_merchant(merchant).filter(pk=job.payload.get("channel_id")).first()
    as_of = date.fromisoformat(job.payload["as_of"]) if job.payload.get("as_of") else None
    run = reconcile(merchant=merchant, channel=channel, as_of=as_of, by=job.requested_by, now=clock.now(), progress=progress)
    refresh_advice(merchant=merchant, now=clock.now())
    return {**run.counts, **refresh_suggestions(merchant=merchant, now=clock.now())}


@job(JobKind.IMPORT, queue="imports", limit=timedelta(minutes=30))
def import_job(job, progress) -> dict:
    """Posts every previewed file of the merchant, then reconciles."""
    merchant = Merchant.objects.get(pk=job.merchant_id)
    counts = post_all(merchant=merchant, by=job.requested_by, now=clock.now(), progress=progress)
    progress(92, _("Reconciling"))
    run = reconcile(merchant=merchant, by=job.requested_by, now=clock.now())
    return {**counts, **run.counts, **refresh_suggestions(merchant=merchant, now=clock.now())}


@job(JobKind.JOURNAL, queue="imports", limit=timedelta(minutes=30))
def journal_job(job, progress) -> dict:
    """Brings the journal up to the facts."""
    run = post_journal(merchant=Merchant.objects.get(pk=job.merchant_id), by=job.requested_by, now=clock.now(), progress=progress)
    return {"posted": run.posted, "reversed": run.reversed}


@job(JobKind.REPLAY, queue="reports", limit=timedelta(minutes=20))
def replay_job(job, progress) -> dict:
    """payload: replay, its key."""
    merchant = Merchant.objects.get(pk=job.merchant_id)
    seen = run_replay(merchant=merchant, replay_id=job.payload["replay"], now=clock.now(), progress=progress)
    return {"changes": seen.row_count}


@job(JobKind.FETCH, queue="imports", limit=timedelta(minutes=15))
def fetch_job(job, progress) -> dict:
    """payload: channel_id, day. Twice is harmless: a day that is in is not asked for again."""
    channel = Channel.objects.for_merchant(job.merchant_id).select_related("merchant").get(pk=job.payload["channel_id"])
    fetch = fetch_day(channel=channel, day=date.fromisoformat(job.payload["day"]), now=clock.now())
    if fetch.ended_at:
        enqueue(kind=JobKind.RECONCILE, merchant_id=job.merchant_id, dedupe_key="reconcile")
    return {"state": fetch.state, "files": fetch.files}


@shared_task(name="settlements.fetch", max_retries=0)
def fetch() -> None:
    """Every ten minutes by the schedule: days whose statements can be asked for now."""
    for channel, day in days_to_fetch(now=clock.now()):
        payload = {"channel_id": channel.pk, "day": day.isoformat()}
        enqueue(kind=JobKind.FETCH, merchant_id=channel.merchant_id, payload=payload, dedupe_key=f"fetch:{channel.pk}:{day}")


@job(JobKind.LEARN, queue="reports", limit=timedelta(minutes=30))
def learn_job(job, progress) -> dict:
    """Trains every kind of model on the merchant's past and measures those that are on; once a week, and when somebody asks."""
    merchant, kinds = Merchant.objects.get(pk=job.merchant_id), ModelKind.values
    trained = {}
    for at, kind in enumerate(kinds):
        progress(at * 100 // len(kinds), str(ModelKind(kind).label))
        new = train(merchant=merchant, kind=kind, by=job.requested_by, now=clock.now())
        trained[kind] = new.version if new else 0
    refresh_advice(merchant=merchant, now=clock.now())
    return trained


@shared_task(name="settlements.watch", max_retries=0)
def watch() -> None:
    """Every minute by the schedule: rings where the books changed since the last pass, and once a night when the clock shows three.

    Deadlines that passed are told, and pauses that are over end.
    The journal follows whatever changed, a pass included, as a job of its own.
    """
    now = clock.now()
    stale = set(merchants_with_newer_books())
    for merchant in Merchant.objects.order_by("pk"):
        local = now.astimezone(ZoneInfo(merchant.timezone))
        night = f"night:{local.date().isoformat()}"
        asked = Job.objects.for_merchant(merchant).filter(kind=JobKind.RECONCILE)
        if merchant.pk in stale and not asked.filter(state__in=OPEN_JOB_STATES).exists():
            enqueue(kind=JobKind.RECONCILE, merchant_id=merchant.pk, dedupe_key="reconcile")
        if local.hour == NIGHT_HOUR and not asked.filter(dedupe_key=night).exists():
            enqueue(kind=JobKind.RECONCILE, merchant_id=merchant.pk, dedupe_key=night)
        _learn_weekly(merchant, local)
        escalate(merchant=merchant, now=now)
        waiting = Job.objects.for_merchant(merchant).filter(kind=JobKind.JOURNAL, state__in=OPEN_JOB_STATES)
        if is_behind(merchant) and not waiting.exists():
            enqueue(kind=JobKind.JOURNAL, merchant_id=merchant.pk, dedupe_key="journal")
    end_pauses(now=now)
    forget_stale_previews(before=now - PREVIEWS_KEPT)


def _learn_weekly(merchant: Merchant, local: datetime) -> None:
    if (local.weekday(), local.hour) != (LEARNING_DAY, LEARNING_HOUR):
        return
    week = f"week:{local.date().isoformat()}"
    if not Job.objects.for_merchant(merchant).filter(kind=JobKind.LEARN, dedupe_key=week).exists():
        enqueue(kind=JobKind.LEARN, merchant_id=merchant.pk, dedupe_key=week)

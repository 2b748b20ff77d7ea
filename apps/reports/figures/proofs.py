"""What must hold of a merchant's data whatever was imported: the proofs that `check_books` runs.

Lines and matches carry no database foreign keys (they come by the million), nor do discrepancies into those tables, so a proof here
stands in for the constraint.
"""

import hashlib
from collections.abc import Callable

from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q

from apps.channels.models import Channel
from apps.core import files
from apps.core.money import plain
from apps.disputes.models import DisputeLine
from apps.merchants.models import Merchant
from apps.orders.models import Payment, Refund
from apps.reports.figures.books import whereabouts
from apps.reports.figures.certificate import certificate
from apps.reports.figures.journal_proofs import journal_certificate, journal_current, journal_sums
from apps.reports.figures.month_figures import sha256_of
from apps.reports.figures.months import Month
from apps.reports.figures.movements import live_lines
from apps.reports.figures.proof import SHOWN, Proof
from apps.reports.figures.receivable import holdings, sums_by_payout
from apps.reports.models import CloseState, MonthClose
from apps.settlements.enums import DiscrepancyState, Rule, Subject
from apps.settlements.models import BankMatch, Discrepancy, Match, Payout, Statement, StatementLine
from apps.settlements.states import OPEN

JOURNAL = (journal_sums, journal_current, journal_certificate)
PAIRED_KINDS = ("payment", "refund", "dispute")


def prove(merchant: Merchant, told: Callable[[Proof], None] = lambda proof: None) -> list[Proof]:
    """Runs every proof; `told` hears each as it ends."""
    proofs = []
    for run in (_references, _pairs, _every_line_somewhere, _payout_sums, _certificates, _closed_months, *JOURNAL):
        proofs.append(run(merchant))
        told(proofs[-1])
    return proofs


def _lines(merchant: Merchant):
    return StatementLine.objects.filter(Q(merchant_id=merchant.pk) | Q(statement__merchant=merchant))


def _matches(merchant: Merchant):
    return Match.objects.for_merchant(merchant).filter(voided_at=None)


def _references(merchant: Merchant) -> Proof:
    """Lines and matches name rows that exist and belong to the same merchant and channel, discrepancies rows of the same merchant."""
    own_statement = Statement.objects.filter(
        pk=OuterRef("statement_id"), merchant_id=OuterRef("merchant_id"), channel_id=OuterRef("channel_id")
    )
    own_channel = Channel.objects.filter(pk=OuterRef("channel_id"), merchant_id=OuterRef("merchant_id"))
    same = {"merchant_id": OuterRef("merchant_id"), "channel_id": OuterRef("channel_id")}
    line = StatementLine.objects.filter(pk=OuterRef("line_id"), is_live=True, **same)
    payment, refund = Payment.objects.filter(pk=OuterRef("payment_id"), **same), Refund.objects.filter(pk=OuterRef("refund_id"), **same)
    lines, matches = _lines(merchant), _matches(merchant)
    stray = lines.filter(~Exists(own_statement) | ~Exists(own_channel))
    loose = matches.filter(~Exists(line) | Q(payment_id__isnull=False) & ~Exists(payment) | Q(refund_id__isnull=False) & ~Exists(refund))
    faults = [f"line {pk} is not of its statement's merchant and channel" for pk in stray.values_list("pk", flat=True)[:SHOWN]]
    faults += [f"match {pk} names a row that is gone, withdrawn or another merchant's" for pk in loose.values_list("pk", flat=True)[:SHOWN]]
    told = Discrepancy.objects.for_merchant(merchant)
    lost = told.filter(_names_nothing("payment", Payment) | _names_nothing("refund", Refund) | _names_nothing("line", StatementLine))
    faults += [f"discrepancy {pk} names a row that is gone or another merchant's" for pk in lost.values_list("pk", flat=True)[:SHOWN]]
    total, failed = lines.count() + matches.count() + told.count(), stray.count() + loose.count() + lost.count()
    return Proof("references", "every line, match and discrepancy names rows of its own merchant", total, failed, faults)


def _names_nothing(name: str, model) -> Q:
    """Rows whose key `name` leads to no row of their merchant."""
    row = model.objects.filter(pk=OuterRef(f"{name}_id"), merchant_id=OuterRef("merchant_id"))
    return Q(**{f"{name}__isnull": False}) & ~Exists(row)


def _pairs(merchant: Merchant) -> Proof:
    """No line, payment or refund is claimed twice in one slot, and ties by hand begin at the first, which the database looks at."""
    faults, failed = [], 0
    for name, slot in (("line", "line_slot"), ("payment", "slot"), ("refund", "slot")):
        twice = _matches(merchant).filter(**{f"{name}__isnull": False}).order_by().values(f"{name}_id", slot).annotate(n=Count("pk"))
        twice = twice.filter(n__gt=1)
        failed += twice.count()
        faults += [f"{name} {row[f'{name}_id']} is matched {row['n']} times" for row in twice[:SHOWN]]
    ties = BankMatch.objects.for_merchant(merchant).filter(rule=Rule.MANUAL, voided_at=None)
    headless = ties.exclude(payout_id__in=ties.filter(slot=0).values("payout_id")).order_by().values_list("payout_id", flat=True).distinct()
    failed += headless.count()
    faults += [f"payout {pk} is tied by hand without a first part" for pk in headless[:SHOWN]]
    return Proof("pairs", "nothing is matched twice", _matches(merchant).count(), failed, faults)


def _every_line_somewhere(merchant: Merchant) -> Proof:
    """Each line that moves money of a customer is matched or the subject of a discrepancy, never both, never neither."""
    paired, of_dispute = (Exists(model.objects.filter(line_id=OuterRef("pk"), voided_at=None)) for model in (Match, DisputeLine))
    matched = paired | of_dispute
    about = Discrepancy.objects.filter(line_id=OuterRef("pk"), subject_type=Subject.LINE)
    told, is_open = Exists(about.exclude(state=DiscrepancyState.CLEARED)), Exists(about.filter(state__in=OPEN))
    lines = live_lines(merchant).filter(kind__in=PAIRED_KINDS).exclude(gross=0, fee=0, net=0)
    nowhere, twice = lines.filter(~matched, ~told), lines.filter(matched, is_open)
    faults = [f"line {pk} is neither matched nor a discrepancy" for pk in nowhere.order_by("pk").values_list("pk", flat=True)[:SHOWN]]
    faults += [f"line {pk} is matched and an open discrepancy" for pk in twice.order_by("pk").values_list("pk", flat=True)[:SHOWN]]
    return Proof("lines", "every line is matched or a discrepancy", lines.count(), nowhere.count() + twice.count(), faults)


def _payout_sums(merchant: Merchant) -> Proof:
    """The stored sum of each payout is that of its live lines."""
    sums = sums_by_payout(merchant)
    faults, checked = [], 0
    for payout in Payout.objects.for_merchant(merchant).select_related("channel").order_by("due_on", "pk"):
        checked += 1
        found = sums.get((payout.channel_id, payout.currency, payout.ref), 0)
        if found != payout.lines_net_minor:
            stored, real = plain(payout.lines_net_minor, payout.currency), plain(found, payout.currency)
            faults.append(f"{payout.channel.code} payout {payout.ref}: stored {stored} {payout.currency}, its lines {real}")
    return Proof("payouts", "the lines of each payout add up to it", checked, len(faults), faults[:SHOWN])


def _certificates(merchant: Merchant) -> Proof:
    """Every month since the first line adds up, and so does the books side at the end of the last one."""
    span = live_lines(merchant).aggregate(first=Min("business_date"), last=Max("business_date"))
    if span["first"] is None:
        return Proof("certificates", "every month's certificate adds up", 0)
    codes = dict(merchant.channels.values_list("pk", "code"))
    month, faults, checked = Month.of(span["first"]), [], 0
    while True:
        held = holdings(merchant, month)
        for (channel, currency), row in certificate(merchant, month, held).items():
            checked += 1
            if row.missing:
                faults.append(f"{month} {codes[channel]}: {plain(row.missing, currency)} {currency} missing")
        if month.last >= span["last"]:
            break
        month = month.next
    for (channel, currency), place in whereabouts(merchant, month, held).items():
        checked += 1
        if place.missing:
            faults.append(f"{month} {codes[channel]}, books side: {plain(place.missing, currency)} {currency} missing")
    return Proof("certificates", "every month's certificate adds up", checked, len(faults), faults[:SHOWN])


def _closed_months(merchant: Merchant) -> Proof:
    """What was closed is as it was closed: figures by their hash, files by theirs."""
    closes = MonthClose.objects.for_merchant(merchant).filter(state=CloseState.APPROVED).order_by("month")
    faults = []
    for close in closes:
        if sha256_of(close.figures) != close.figures_sha256:
            faults.append(f"{close.month:%Y-%m}: the figures do not have the hash that was signed")
        faults += [
            f"{close.month:%Y-%m}: the file {name[:12]}… {wrong}" for name in (close.pdf_path, close.xlsx_path) if (wrong := _wrong(name))
        ]
    same_person = closes.filter(approved_by=F("prepared_by")).count()
    return Proof("closed_months", "closed months are unchanged", closes.count(), len(faults) + same_person, faults[:SHOWN])


def _wrong(name: str) -> str:
    try:
        return "" if hashlib.sha256(files.read(name)).hexdigest() == name else "was changed"
    except FileNotFoundError:
        return "is gone"

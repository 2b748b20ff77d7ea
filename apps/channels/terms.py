"""A channel's rows as the plain values that `fees` and `calendar` work on: what was agreed, and when money is due."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

from apps.channels import calendar, fees, tolerances
from apps.channels.models import BookedRate, Channel, FeeRule, HolidayCalendar, RuleSet
from apps.core import clock
from apps.merchants.models import Merchant

FIRST_YEAR = 2015  # of holidays asked from the library; books older than that are counted by weekends alone
YEARS_AHEAD = 2


def terms_for(channel: Channel) -> list[fees.FeeTerms]:
    """Every dated rule of the channel, in the order they were written; one query unless `fee_rules` is prefetched."""
    return [terms_of(rule) for rule in sorted(channel.fee_rules.all(), key=lambda rule: rule.pk)]


def terms_of(rule: FeeRule) -> fees.FeeTerms:
    """One rule."""
    return fees.FeeTerms(
        methods=tuple(rule.methods),
        ppm=rule.percent_ppm,
        valid_from=rule.valid_from,
        fixed=rule.fixed_minor,
        minimum=rule.minimum_minor,
        cap=rule.cap_minor,
        refund_fee=rule.refund_fee,
        tolerance=rule.tolerance_minor,
        rounding=rule.rounding,
        unit=rule.unit_minor,
    )


def rules_for(channel: Channel) -> tolerances.MatchRules:
    """The tolerances and windows in force; the defaults where nobody has set any. One query."""
    row = RuleSet.objects.filter(channel=channel).order_by("-version").first()
    return rules_of(row) if row else tolerances.MatchRules()


def rules_of(row: RuleSet) -> tolerances.MatchRules:
    """One version."""
    return tolerances.MatchRules(
        version=row.version,
        amount=tolerances.Tolerance(row.amount_minor, row.amount_ppm),
        fee_ppm=row.fee_ppm,
        fx=tolerances.Tolerance(row.fx_minor, row.fx_ppm),
        pairing_hours=row.pairing_hours,
        bank_days=row.bank_days,
    )


def rates_for(channel: Channel) -> tuple[tolerances.Rate, ...]:
    """Every booked rate of the channel, the latest first. One query."""
    rows = BookedRate.objects.filter(channel=channel).order_by("-valid_from")
    return tuple(tolerances.Rate(*row) for row in rows.values_list("base", "quote", "valid_from", "rate_pico"))


def settlement_for(channel: Channel) -> calendar.Settlement:
    """When the channel pays out.

    :raises CalendarError: bad_settles, which no door lets in.
    """
    return calendar.Settlement.parse(channel.settles)


def calendars_of(merchant: Merchant) -> dict[str, calendar.BusinessCalendar]:
    """The calendars a merchant states itself, by code; one query. Hand it to `calendar_for` when there are several channels."""
    return {row.code: calendar_of(row) for row in HolidayCalendar.objects.for_merchant(merchant)}


def calendar_for(channel: Channel, own: Mapping[str, calendar.BusinessCalendar] | None = None) -> calendar.BusinessCalendar:
    """The merchant's own calendar of that code, else the country's holidays; one query unless `own` is given.

    :raises CalendarError: unknown_calendar, when the code is neither.
    """
    if own is None:
        row = HolidayCalendar.objects.for_merchant(channel.merchant_id).filter(code=channel.calendar).first()
        own = {channel.calendar: calendar_of(row)} if row else {}
    return own.get(channel.calendar) or _country(channel.calendar, clock.now().year + YEARS_AHEAD)


def calendar_of(row: HolidayCalendar) -> calendar.BusinessCalendar:
    """A merchant's own calendar."""
    days = {name: [date.fromisoformat(text) for text in getattr(row, name)] for name in ("holidays", "workdays")}
    return calendar.calendar_from(weekend=row.weekend, **days)


@lru_cache(maxsize=64)
def _country(code: str, last_year: int) -> calendar.BusinessCalendar:
    """Kept for the life of the process: the library's holidays do not change, and a country costs it tens of milliseconds."""
    return calendar.country_calendar(code, range(FIRST_YEAR, last_year + 1))

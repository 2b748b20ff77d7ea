"""The queue as a file: the rows of the filter in their stable order, with words for people and codes for machines."""

from django.utils.translation import gettext_lazy as _

from apps.core.exports import Column, Export, Kind, filter_text
from apps.settlements.selectors.stable_order import ORDER

COLUMNS = (
    Column(_("Kind"), lambda row: row.get_kind_display()),
    Column(_("Channel"), "channel__code"),
    Column(_("Order"), "order_no"),
    Column(_("Merchant number"), "merchant_ref"),
    Column(_("Provider number"), "provider_ref"),
    Column(_("Currency"), "currency"),
    Column(_("Expected"), "expected_minor", Kind.MONEY),
    Column(_("Actual"), "actual_minor", Kind.MONEY),
    Column(_("Off by"), "difference_minor", Kind.MONEY),
    Column(_("Business day"), "business_date", Kind.DAY),
    Column(_("File"), "source_file"),
    Column(_("Row"), "source_row", Kind.NUMBER),
    Column(_("State"), lambda row: row.get_state_display()),
    Column(_("Severity"), lambda row: row.get_severity_display()),
    Column(_("Deadline"), "due_at", Kind.MOMENT),
    Column(_("Owner"), lambda row: str(row.owner or "")),
    Column(_("Reason"), "reason"),
    Column(_("Code"), "kind"),
)


def discrepancy_export(merchant, found) -> Export:
    """Exactly the rows of a `DiscrepancyFilter`; the totals in the head are the signed differences, per currency."""
    return Export(
        name="discrepancies", title=_("Discrepancies"), merchant=merchant.name, currency=merchant.currency, timezone=merchant.timezone,
        columns=COLUMNS, rows=found.qs.order_by(*ORDER), filter_text=filter_text(found.form), total="difference_minor",
    )  # fmt: skip

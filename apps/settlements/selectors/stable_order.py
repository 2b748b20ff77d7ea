"""The order of discrepancies in files: by content alone, so that it does not depend on what came in first."""

ORDER = [
    "business_date",
    "channel__code",
    "kind",
    "order_no",
    "merchant_ref",
    "provider_ref",
    "actual_minor",
    "source_file",
    "source_row",
    "pk",
]

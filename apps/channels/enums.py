"""Names of the attributes that people change, and of the methods, as pages and change lists say them."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.channels.contracts import LineKind, Method

FIELD_LABELS = {
    "name": _("name"),
    "tax_no": _("tax number"),
    "difference_threshold_minor": _("difference threshold"),
    "refund_second_approver_above_minor": _("second approver of refunds above"),
    "refund_owner_above_minor": _("owner's approval of refunds above"),
    "refund_mfa_above_minor": _("second factor for refunds above"),
    "refund_due_hours": _("hours to decide on a refund"),
    "bank": _("bank"),
    "account_no": _("account number"),
    "format": _("statement format"),
    "provider": _("provider"),
    "label": _("label"),
    "currency": _("currency"),
    "timezone": _("time zone"),
    "calendar": _("calendar"),
    "settles": _("settles"),
    "statements": _("statements"),
    "bank_account": _("bank account"),
    "bank_keywords": _("words on the bank statement"),
    "grace_days": _("grace in open days"),
    "mapping": _("column mapping"),
    "mapping_version": _("version of the mapping"),
    "valid_from": _("for files from"),
    "is_on": _("on"),
    "weekend": _("weekend"),
    "holidays": _("holidays"),
    "workdays": _("make-up working days"),
    "methods": _("methods"),
    "percent_ppm": _("percent"),
    "fixed_minor": _("fixed amount"),
    "minimum_minor": _("minimum"),
    "cap_minor": _("cap"),
    "refund_fee": _("fee on a refund"),
    "tolerance_minor": _("tolerance"),
    "rounding": _("rounding"),
    "unit_minor": _("rounded to"),
}
METHOD_LABELS = {
    "*": _("all other methods"),
    Method.CREDIT_CARD: _("Credit card"),
    Method.INSTALLMENT: _("Installment"),
    Method.LINE_PAY: "LINE Pay",
    Method.JKOPAY: _("JKOPAY"),
    Method.ALIPAY: _("Alipay"),
    Method.WECHAT_PAY: _("WeChat Pay"),
    Method.UNIONPAY: _("UnionPay"),
    Method.APPLE_PAY: "Apple Pay",
    Method.GOOGLE_PAY: "Google Pay",
    Method.PAYPAL: "PayPal",
    Method.ATM: "ATM",
    Method.CVS_CODE: _("Convenience store code"),
    Method.CVS_BARCODE: _("Convenience store barcode"),
    Method.BANK_TRANSFER: _("Bank transfer"),
    Method.SEPA_DEBIT: _("SEPA debit"),
    Method.UPI: "UPI",
    Method.PAYPAY: "PayPay",
    Method.TWQR: "TWQR",
    Method.BNPL: _("Buy now, pay later"),
    Method.POINTS: _("Points"),
    Method.ON_ACCOUNT: _("On account"),
    Method.CASH: _("Cash"),
}
LINE_KIND_LABELS = {
    LineKind.PAYMENT: _("Payments"),
    LineKind.REFUND: _("Refunds"),
    LineKind.DISPUTE: _("Disputes"),
    LineKind.DISPUTE_REVERSAL: _("Disputes won back"),
    LineKind.FEE: _("Fees"),
    LineKind.TAX: _("Taxes"),
    LineKind.RESERVE: _("Reserves"),
    LineKind.ADJUSTMENT: _("Adjustments"),
    LineKind.CONVERSION: _("Currency conversions"),
    LineKind.PAYOUT: _("Payouts"),
}
ROUNDING_LABELS = {
    "half_up": _("half up"),
    "half_even": _("half to even"),
    "up": _("up"),
    "down": _("down"),
}
REFUND_FEE_LABELS = {"keep": _("the provider keeps it"), "return": _("the provider gives it back")}
# With a context of their own: Django's catalogue has longer words for them than a narrow column holds.
WEEKDAY_SHORT = (
    pgettext_lazy("weekday", "Mon"),
    pgettext_lazy("weekday", "Tue"),
    pgettext_lazy("weekday", "Wed"),
    pgettext_lazy("weekday", "Thu"),
    pgettext_lazy("weekday", "Fri"),
    pgettext_lazy("weekday", "Sat"),
    pgettext_lazy("weekday", "Sun"),
)
WEEKDAY_NAMES = (_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"))

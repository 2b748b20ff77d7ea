"""Adyen's words: record types, time zones and payment methods, in ours. https://docs.adyen.com/reporting/settlement-reconciliation"""

from apps.channels.contracts import LineKind, Method

PSP_DIGITS = 16  # of a payment's number; a link's begins with PL and has more
KINDS = {
    "Settled": LineKind.PAYMENT,
    "Refunded": LineKind.REFUND,
    "RefundedReversed": LineKind.ADJUSTMENT,  # a refund that came back: money in, so no refund of ours
    "Chargeback": LineKind.DISPUTE,
    "SecondChargeback": LineKind.DISPUTE,
    "ChargebackReversed": LineKind.DISPUTE_REVERSAL,
    "Fee": LineKind.FEE,
    "MiscCosts": LineKind.FEE,
    "PaymentCost": LineKind.FEE,
    "InvoiceDeduction": LineKind.FEE,
    "MerchantPayout": LineKind.PAYOUT,
    "DepositCorrection": LineKind.RESERVE,
    "ReserveAdjustment": LineKind.RESERVE,
    "Balancetransfer": LineKind.ADJUSTMENT,  # the balance of one batch carried into the next
    "MatchedStatement": LineKind.ADJUSTMENT,
    "ManualCorrected": LineKind.ADJUSTMENT,
    "BankInstructionReturned": LineKind.ADJUSTMENT,  # a payout that the bank sent back
    "EpaPaid": LineKind.ADJUSTMENT,
    "PaidOut": LineKind.ADJUSTMENT,
    "PaidOutReversed": LineKind.ADJUSTMENT,
}
# Which way the gross of these goes; the other way round the row is an adjustment.
DIRECTION = {LineKind.PAYMENT: 1, LineKind.REFUND: -1, LineKind.DISPUTE: -1, LineKind.DISPUTE_REVERSAL: 1}
# Hours east of Greenwich. An abbreviation is what it says: PST may stand beside a date of summer.
ZONES = {
    "UTC": 0.0, "GMT": 0.0, "Z": 0.0, "WET": 0.0, "BST": 1.0, "WEST": 1.0, "CET": 1.0, "CEST": 2.0, "EET": 2.0, "EEST": 3.0, "MSK": 3.0,
    "GST": 4.0, "ICT": 7.0, "WIB": 7.0, "SGT": 8.0, "MYT": 8.0, "HKT": 8.0, "AWST": 8.0, "JST": 9.0, "KST": 9.0, "ACST": 9.5, "AEST": 10.0,
    "ACDT": 10.5, "AEDT": 11.0, "NZST": 12.0, "NZDT": 13.0, "BRT": -3.0, "ART": -3.0, "EDT": -4.0, "EST": -5.0, "CDT": -5.0, "MDT": -6.0,
    "MST": -7.0, "PDT": -7.0, "PST": -8.0, "AKST": -9.0, "AKDT": -8.0, "HST": -10.0,
}  # fmt: skip
CARDS = ("visa", "mc", "amex", "diners", "discover", "jcb", "maestro", "cartebancaire", "elo", "dankort", "bcmc", "nyce", "pulse", "accel")
METHODS = (
    (("applepay",), Method.APPLE_PAY),
    (("googlepay", "paywithgoogle"), Method.GOOGLE_PAY),
    (("sepadirectdebit",), Method.SEPA_DEBIT),
    (("klarna", "afterpay", "affirm", "clearpay", "zip"), Method.BNPL),
    (("alipay",), Method.ALIPAY),
    (("wechatpay",), Method.WECHAT_PAY),
    (("unionpay", "cup"), Method.UNIONPAY),
    (("paypal",), Method.PAYPAL),
    (("upi",), Method.UPI),
    (("paypay",), Method.PAYPAY),
    (("linepay",), Method.LINE_PAY),
    (("econtext_stores", "konbini"), Method.CVS_CODE),
    (("ideal", "banktransfer", "trustly", "eps", "giropay", "onlinebanking", "ach"), Method.BANK_TRANSFER),
    (CARDS, Method.CREDIT_CARD),
)


def kind_of(word: str) -> str:
    """The LineKind of a record type; whatever Adyen adds to its list is kept as an adjustment with its net."""
    return KINDS.get(word, LineKind.ADJUSTMENT).value


def method_of(words: str) -> str:
    """The Method behind `variant method`: a wallet shows in the variant, the kind of card in either. Empty where neither is known."""
    said = words.lower()
    for known, method in METHODS:
        if any(part.startswith(known) or f"_{word}" in part for part in said.split() for word in known):
            return method.value
    return ""


def is_link(ref: str) -> bool:
    """Whether a number is a link's and not a payment's."""
    return ref.startswith("PL") and len(ref) != PSP_DIGITS

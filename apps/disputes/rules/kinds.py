"""What can be watched, and what a rule of each kind may be narrowed to."""

from enum import StrEnum


class Kind(StrEnum):
    """Codes never change; `settings.py` says what threshold, window and floor mean for each."""

    SINGLE_DIFFERENCE = "single_difference"
    REFUND_RATE = "refund_rate"
    REFUND_SURGE = "refund_surge"
    IP_VELOCITY = "ip_velocity"
    BUYER_VELOCITY = "buyer_velocity"
    LARGE_AMOUNT = "large_amount"
    UNUSUAL_COUNTRY = "unusual_country"
    FAILURE_RATE = "failure_rate"
    CARD_TESTING = "card_testing"
    FEE_RATIO = "fee_ratio"
    PAYOUT_LATE = "payout_late"


# Kinds whose threshold is an amount of money: such a rule watches one currency, since no exchange rate is assumed.
OF_ONE_CURRENCY = frozenset({Kind.LARGE_AMOUNT, Kind.CARD_TESTING})
# Kinds that look at payments or refunds, and so can be narrowed to a storefront.
OF_ORDERS = frozenset(Kind) - {Kind.SINGLE_DIFFERENCE, Kind.FEE_RATIO, Kind.PAYOUT_LATE}
# Kinds that can be narrowed to a method; a payout is of all methods.
OF_METHODS = frozenset(Kind) - {Kind.PAYOUT_LATE}

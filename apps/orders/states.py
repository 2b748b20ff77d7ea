"""Which state may follow which, as data."""

from apps.channels.gateways import Operation
from apps.channels.paying import PaymentOutcome
from apps.orders.enums import PaymentState as P
from apps.orders.enums import RefundState as R

CAPTURED = frozenset({P.PAID, P.PARTIALLY_REFUNDED, P.REFUNDED})  # money was taken: a statement line is expected
# Refunds that take from what is left of the payment: promised, on the way, perhaps done, or done.
HOLDS_MONEY = frozenset({R.REQUESTED, R.APPROVED, R.SUBMITTING, R.UNKNOWN, R.SUCCEEDED})
IN_FLIGHT = HOLDS_MONEY - {R.SUCCEEDED}

PAYMENT_MOVES: dict[P, frozenset[P]] = {
    P.PENDING: frozenset({P.AUTHORIZED, P.PAID, P.PARTIALLY_REFUNDED, P.REFUNDED, P.FAILED, P.EXPIRED, P.CANCELLED}),
    P.AUTHORIZED: frozenset({P.PAID, P.PARTIALLY_REFUNDED, P.REFUNDED, P.FAILED, P.EXPIRED, P.CANCELLED}),
    P.PAID: frozenset({P.PARTIALLY_REFUNDED, P.REFUNDED}),
    P.PARTIALLY_REFUNDED: frozenset({P.PAID, P.REFUNDED}),
    P.REFUNDED: frozenset(),
    P.FAILED: frozenset(),
    P.EXPIRED: frozenset({P.PAID}),  # an ATM transfer may arrive after its deadline
    P.CANCELLED: frozenset(),
}

# What a file of the books may say: it is written now and then, so it may leave out what came between.
REFUND_MOVES: dict[R, frozenset[R]] = {
    R.REQUESTED: frozenset({R.APPROVED, R.SUBMITTING, R.SUCCEEDED, R.FAILED, R.REJECTED, R.WITHDRAWN}),
    R.APPROVED: frozenset({R.SUBMITTING, R.SUCCEEDED, R.FAILED}),
    R.SUBMITTING: frozenset({R.SUCCEEDED, R.FAILED, R.UNKNOWN}),
    R.UNKNOWN: frozenset({R.SUCCEEDED, R.FAILED}),
    R.SUCCEEDED: frozenset(),
    R.FAILED: frozenset(),
    R.REJECTED: frozenset(),
    R.WITHDRAWN: frozenset(),
}

# What a refund asked for at the review desk may do: no step is left out.
DESK_MOVES: dict[R, frozenset[R]] = {
    R.REQUESTED: frozenset({R.APPROVED, R.REJECTED, R.WITHDRAWN}),
    R.APPROVED: frozenset({R.SUBMITTING}),
    R.SUBMITTING: frozenset({R.SUCCEEDED, R.FAILED, R.UNKNOWN}),
    R.UNKNOWN: frozenset({R.SUCCEEDED, R.FAILED}),
    R.SUCCEEDED: frozenset(),
    R.FAILED: frozenset(),
    R.REJECTED: frozenset(),
    R.WITHDRAWN: frozenset(),
}

# Of an act on an open payment: what a provider that refuses it says, which tells nothing about the payment itself.
ACTS = (Operation.CAPTURE_PAYMENT, Operation.CANCEL_PAYMENT)
REFUSED_ACT = frozenset({PaymentOutcome.DECLINED, PaymentOutcome.NOT_FOUND})

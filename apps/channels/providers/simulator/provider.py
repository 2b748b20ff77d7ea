"""The simulator as the registry knows it: a gateway that moves no money.

It lists what happened in practice day by day; beside that a practice channel reads the statements of its provider.
"""

from django.utils.translation import gettext_noop

from apps.channels.contracts import Method
from apps.channels.gateways import REFUNDING, GatewayKind, Operation
from apps.channels.providers.simulator.client import SIGNATURE, Simulator
from apps.channels.return_codes import CodeClass, ReturnCode

CODES = {
    "ok": ReturnCode(CodeClass.OK),
    "nothing": ReturnCode(CodeClass.OK),
    "paid": ReturnCode(CodeClass.OK),
    "pending": ReturnCode(CodeClass.PENDING),
    "approved": ReturnCode(CodeClass.PENDING),
    "authorized": ReturnCode(CodeClass.OK),
    "declined": ReturnCode(CodeClass.DECLINED, gettext_noop("Practice: the payer's bank said no.")),
    "expired": ReturnCode(CodeClass.STATE, gettext_noop("Practice: nobody paid in time.")),
    "cancelled": ReturnCode(CodeClass.STATE, gettext_noop("Practice: it was called off.")),
    "not_found": ReturnCode(CodeClass.NOT_FOUND),
    "timeout": ReturnCode(CodeClass.RETRY, gettext_noop("Practice: nobody answered in time.")),
    "key_reused": ReturnCode(CodeClass.DUPLICATE),
}
TAKES = (
    Operation.CREATE_PAYMENT, Operation.QUERY_PAYMENT, Operation.FINISH_PAYMENT, Operation.CAPTURE_PAYMENT, Operation.CANCEL_PAYMENT,
)  # fmt: skip
NOT_CALLED = {Method.CASH, Method.POINTS, Method.ON_ACCOUNT}  # recorded by hand

GATEWAY = GatewayKind(
    make=Simulator,
    operations=REFUNDING | {*TAKES, Operation.FETCH_STATEMENT},
    pays_by=tuple(method for method in Method if method not in NOT_CALLED),
    codes=CODES,
    payment_minutes=30,
    sends_notices=True,
    proven_by=(SIGNATURE,),
    repeats_safely=True,
    takes_part=True,
    reopens_safely=True,
)

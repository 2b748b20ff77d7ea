"""JKOPAY's result codes and order states, as its documents tell them. https://open-doc.jkos.com (online payment, 代碼意義)"""

from django.utils.translation import gettext_noop

from apps.channels.paying import PaymentOutcome
from apps.channels.return_codes import CodeClass, ReturnCode, ReturnCodes

LIMIT = gettext_noop("JKOPAY's limit is reached. Please pay in another way.")
PARAMETER = gettext_noop("JKOPAY says that a parameter is wrong, the store number or the currency for instance.")

RETURN_CODES: ReturnCodes = {
    "000": ReturnCode(CodeClass.OK, gettext_noop("Done.")),
    "0": ReturnCode(CodeClass.OK, gettext_noop("Paid.")),
    "1": ReturnCode(CodeClass.PENDING, gettext_noop("JKOPAY is taking the payment.")),
    "100": ReturnCode(CodeClass.NOT_FOUND, gettext_noop("JKOPAY knows no order of this number.")),
    "101": ReturnCode(
        CodeClass.DUPLICATE, gettext_noop("JKOPAY says that this order is paid already. Asked about an order: it is not paid yet.")
    ),
    "102": ReturnCode(CodeClass.NOT_FOUND, gettext_noop("JKOPAY knows no order of this number.")),
    "103": ReturnCode(CodeClass.STATE, gettext_noop("JKOPAY says that the amount to refund is wrong.")),
    "104": ReturnCode(CodeClass.DECLINED, gettext_noop("The payer's monthly limit at JKOPAY is reached."), LIMIT),
    "105": ReturnCode(CodeClass.CONFIG, gettext_noop("JKOPAY had this number before with another amount.")),
    "108": ReturnCode(CodeClass.DECLINED, gettext_noop("The shop's or the payer's daily limit at JKOPAY is reached."), LIMIT),
    "110": ReturnCode(CodeClass.CONFIG, gettext_noop("JKOPAY knows no store of this number.")),
    "113": ReturnCode(
        CodeClass.STATE, gettext_noop("More than JKOPAY still owes the shop: JKOPAY takes refunds off what it has not paid out yet.")
    ),
    "115": ReturnCode(CodeClass.DECLINED, gettext_noop("JKOPAY could not take the payment.")),
    "200": ReturnCode(CodeClass.CONFIG, PARAMETER),
    "201": ReturnCode(CodeClass.CONFIG, PARAMETER),
    "922": ReturnCode(CodeClass.STATE, gettext_noop("More than JKOPAY can still refund of this order.")),
    "999": ReturnCode(CodeClass.RETRY, gettext_noop("JKOPAY has a fault of its own: ask again.")),
}
STATUSES = {"0": PaymentOutcome.PAID, "1": PaymentOutcome.PENDING, "101": PaymentOutcome.PENDING, "102": PaymentOutcome.NOT_FOUND}
# Answers to a refund that leave no doubt that it was not made.
REFUND_REFUSED = frozenset({"100", "103", "110", "113", "200", "201", "922"})

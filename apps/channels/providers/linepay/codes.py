"""LINE Pay's return codes, as its own appendix tells them, and what each of them is to us.

https://developers-pay.line.me/online-api-v3, and the table of codes in https://developers.line.biz/en/docs/line-pay/appendix/
"""

from django.utils.translation import gettext_noop

from apps.channels.return_codes import CodeClass, ReturnCode, ReturnCodes

CHOOSE_OTHER = gettext_noop("LINE Pay could not take the payment. Please choose another card or method in LINE Pay, or pay in another way.")
CARD = gettext_noop("LINE Pay's card payment was refused.")
LATER = gettext_noop("LINE Pay has not finished: ask again.")


def _declined(staff: str) -> ReturnCode:
    return ReturnCode(CodeClass.DECLINED, staff, CHOOSE_OTHER)


RETURN_CODES: ReturnCodes = {
    "0000": ReturnCode(CodeClass.OK, gettext_noop("Done. Asked about a payment: the payer has not approved it yet.")),
    # Of the question how a request stands:
    "0110": ReturnCode(CodeClass.PENDING, gettext_noop("The payer approved: the payment waits to be confirmed.")),
    "0121": ReturnCode(
        CodeClass.DECLINED,
        gettext_noop("The payer called it off, or did not approve in time."),
        gettext_noop("LINE Pay was cancelled or took too long. Please try again."),
    ),
    "0122": _declined(gettext_noop("LINE Pay could not take the payment.")),
    "0123": ReturnCode(CodeClass.OK, gettext_noop("Confirmed.")),
    "1104": ReturnCode(CodeClass.CONFIG, gettext_noop("LINE Pay knows no shop of this Channel ID.")),
    "1105": ReturnCode(CodeClass.CONFIG, gettext_noop("LINE Pay does not let this shop take payments now: ask LINE Pay.")),
    "1106": ReturnCode(
        CodeClass.CONFIG,
        gettext_noop(
            "LINE Pay did not accept our signature: check Channel ID and Channel Secret, and this server's IP address in its list."
        ),
    ),
    "1178": ReturnCode(CodeClass.CONFIG, gettext_noop("This shop's LINE Pay does not take this currency.")),
    "2101": ReturnCode(CodeClass.CONFIG, gettext_noop("LINE Pay says that a parameter is wrong or missing.")),
    "2102": ReturnCode(CodeClass.CONFIG, gettext_noop("LINE Pay says that a parameter is wrong or missing.")),
    "1153": ReturnCode(CodeClass.CONFIG, gettext_noop("The amount to confirm is not the amount that was requested.")),
    "1101": _declined(gettext_noop("The payer is no member of LINE Pay.")),
    "1102": _declined(gettext_noop("The payer's LINE Pay is blocked for payments.")),
    "1110": _declined(gettext_noop("The card in LINE Pay cannot be used.")),
    "1124": _declined(gettext_noop("LINE Pay says that the amount is not right.")),
    "1141": _declined(gettext_noop("The payer's LINE Pay account cannot pay now.")),
    "1142": _declined(gettext_noop("The payer's balance is too low.")),
    **{f"128{last}": _declined(CARD) for last in range(1, 9)},
    **{f"129{last}": _declined(CARD) for last in range(10)},
    "1145": ReturnCode(CodeClass.RETRY, LATER),
    "1198": ReturnCode(CodeClass.RETRY, LATER),
    "1199": ReturnCode(CodeClass.RETRY, LATER),
    "1280": ReturnCode(CodeClass.RETRY, gettext_noop("The card payment was interrupted: ask again.")),
    "9000": ReturnCode(CodeClass.RETRY, gettext_noop("LINE Pay has a fault of its own: ask again.")),
    **{f"190{last}": ReturnCode(CodeClass.RETRY, LATER) for last in range(10)},
    "1152": ReturnCode(CodeClass.DUPLICATE, gettext_noop("This payment was confirmed before.")),
    "1172": ReturnCode(CodeClass.DUPLICATE, gettext_noop("LINE Pay has a payment of this number already.")),
    "1150": ReturnCode(CodeClass.NOT_FOUND, gettext_noop("LINE Pay knows no payment of this number.")),
    "1155": ReturnCode(CodeClass.STATE, gettext_noop("LINE Pay does not refund a transaction of this kind.")),
    "1163": ReturnCode(CodeClass.STATE, gettext_noop("The time in which LINE Pay refunds is over.")),
    "1164": ReturnCode(CodeClass.STATE, gettext_noop("More than LINE Pay can still refund of this payment.")),
    "1165": ReturnCode(CodeClass.STATE, gettext_noop("LINE Pay has refunded this payment already.")),
    "1169": ReturnCode(CodeClass.STATE, gettext_noop("The payer has not chosen how to pay, or not given the password yet.")),
    "1179": ReturnCode(CodeClass.STATE, gettext_noop("LINE Pay does not do this as the payment stands.")),
    "1180": ReturnCode(CodeClass.STATE, gettext_noop("The time to confirm is over.")),
    "nothing_to_void": ReturnCode(
        CodeClass.STATE,
        gettext_noop(
            "LINE Pay has no call for taking a request back. As long as nobody confirms it no money is taken, and it lapses by itself."
        ),
    ),
}
# Answers to a refund that leave no doubt that it was not made. 1165 is none: perhaps it was this one.
REFUND_REFUSED = frozenset({"1104", "1105", "1106", "1124", "1150", "1155", "1163", "1164", "1178", "2101", "2102"})

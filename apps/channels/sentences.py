"""Sentences that the codes of several providers share, and a short way to list codes. Marked for translation, translated where shown.

The PAYER_… ones are read by whoever pays: nothing there tells of a suspicion, of a card reported missing, or of the shop's own set-up.
"""

from django.utils.translation import gettext_noop

from apps.channels.return_codes import CodeClass, ReturnCode

PAYER_NO_MONEY = gettext_noop("There is not enough money on the card. Please use another card or another way to pay.")
PAYER_EXPIRED = gettext_noop("The card has expired. Please use another card.")
PAYER_DETAILS = gettext_noop("Something typed in about the card is not right. Please check it and try again.")
PAYER_CONFIRM = gettext_noop("Your bank wants you to confirm this payment. Please try again and follow its instructions.")
PAYER_LATER = gettext_noop("Your bank cannot answer at the moment. Please try again in a few minutes.")
PAYER_NOT_SUPPORTED = gettext_noop("The card cannot be used for this payment. Please use another card or another way to pay.")
PAYER_PIN = gettext_noop("The PIN is not right, or was wrong too often. Please use another card or another way to pay.")
PAYER_LIMIT = gettext_noop("This is above a limit of your card or account. Please use another way to pay.")
PAYER_ANOTHER_WAY = gettext_noop("This way to pay did not work. Please choose another one.")

NO_REASON = gettext_noop("The customer's bank said no and gives no reason. The customer can ask it, or pay in another way.")
SECRET = gettext_noop("Refused because of a suspicion. Tell the customer only that the payment was declined.")
NO_MONEY = gettext_noop("Not enough money, or above the card's limit.")
EXPIRED = gettext_noop("The card has expired.")
DETAILS = gettext_noop("Number, expiry or security code was typed in wrong.")
PIN = gettext_noop("The PIN was wrong, or too often wrong.")
CONFIRM = gettext_noop("The bank asks the customer to confirm, and that did not happen.")
LATER = gettext_noop("The bank could not be reached or asks to try again; another attempt may work.")
NOT_SUPPORTED = gettext_noop("The card does not pay in this currency, this country or for this kind of purchase.")
LIMIT = gettext_noop("Above a limit of the customer's card or account.")
NO_ACCOUNT = gettext_noop("The customer's bank account is closed or cannot be debited.")
LEFT = gettext_noop("The customer did not pay in time, or left.")

SETUP = gettext_noop("The provider refused the request itself: something in the set-up of this channel or of the account there is wrong.")
KEYS = gettext_noop("The provider does not accept the credentials of this channel. Enter them again under Channels.")
PERMISSION = gettext_noop("The account at the provider may not do this. Ask the provider to switch it on.")
BUSY = gettext_noop("The provider is busy or did not finish. What became of it is asked again.")
BY_NOTICE = gettext_noop("The provider answers no questions about this: its notice will tell. The notice address must be set up there.")
STATE = gettext_noop("Not possible as the payment stands now. Look it up in the provider's console.")
DONE_BEFORE = gettext_noop("This was already done before.")
DISPUTED = gettext_noop("The customer's bank has opened a dispute, so nothing can be refunded here.")
TOO_MUCH = gettext_noop("More than is left of the payment.")
TOO_LATE = gettext_noop("Too long ago for the provider: the time for it is over.")
NO_BALANCE = gettext_noop("There is not enough money in the account at the provider. Add some, and ask for the refund again.")
UNHEARD = gettext_noop("The provider knows no such payment: perhaps it belongs to another account.")
NOT_SENT = gettext_noop("The provider cannot do this as it was asked for, so nothing was sent.")


def listed(code_class: CodeClass, staff: str, names: str, payer: str = "") -> dict[str, ReturnCode]:
    """The codes named, with blanks between, all of one class and with the same sentences."""
    return {name: ReturnCode(code_class, staff, payer) for name in names.split()}


def declined(staff: str, names: str, payer: str = "") -> dict[str, ReturnCode]:
    """As `listed`, of refusals by the payer's bank or wallet."""
    return listed(CodeClass.DECLINED, staff, names, payer)

"""What a reason code means, in words for the owner of a shop, and which documents answer it.

The codes are public: Visa 10–13, Mastercard 48xx, American Express, Discover, JCB; Stripe and PayPal words; UPI numbers as Razorpay
passes them on. The sentences are ours. One of the families of `enums.Family` decides the checklist.
"""

import re
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.disputes.enums import EvidenceType as E
from apps.disputes.enums import Family as F

_NOT_MINE = _("The cardholder says that somebody else used the card: they did not buy from you.")
_NOT_KNOWN = _("The customer does not recognise the charge on the card statement; often the name shown there is not your shop's.")
_CARD_PRESENT = _("The bank says that the card was copied or stolen and used in person without its chip or PIN being checked.")
_MONITORED = _("The card network's fraud programme named this payment; there is usually nothing to answer.")
_NO_APPROVAL = _("The bank says that the payment was taken without a valid approval, or after the approval had lapsed.")
_NEVER_CAME = _("The customer says that the goods or the service never arrived.")
_OTHER_THAN_SAID = _("The customer says that what came was not as described, or was broken.")
_BROAD = _("The customer is not content: not as described, never arrived or cancelled. The provider's text says which of them.")
_AT_THE_TILL = _("The customer says that the charge is wrong: twice, too high, or too late. The provider's text says which of them.")
_FAKE = _("The customer says that the goods are counterfeit.")
_MISLED = _("The customer says that the terms of the sale were misleading.")
_TWICE = _("The customer says that the same purchase was charged more than once.")
_PAID_ELSE = _("The customer says that this purchase was already paid in another way.")
_AMOUNT = _("The customer says that the amount or the currency charged is not what was agreed.")
_RECURRING = _("The customer says that the subscription had been cancelled before this charge.")
_CANCELLED = _("The customer says that the order or booking was cancelled.")
_NO_CREDIT = _("The customer says that a promised refund never arrived.")
_LATE = _("The bank says that the payment was sent for settlement too late.")
_WRONG_DATA = _("The bank says that the payment was sent with a wrong code, account or transaction type.")
_NOT_TAKEN = _("The customer says that the payment failed, and yet the account was charged.")
_ACCOUNT = _("The customer's bank took the direct debit back: the account has too little money, is closed or the mandate is disputed.")
_PAPERS = _("The bank asks for a copy of the receipt, or says that the documents it got cannot be used.")
_GENERAL = _("The provider gives no particular reason. Look at its console for what the customer wrote.")


@dataclass(frozen=True, slots=True)
class Reason:
    """`code` as it was given; `sentence` says what the customer or the bank claims."""

    code: str
    family: F
    sentence: str | Promise
    is_known: bool = True


def _table(*groups) -> dict[str, tuple[F, Promise]]:
    return {code: (family, sentence) for family, sentence, codes in groups for code in codes.split()}


_CODES = _table(
    (F.FRAUD, _CARD_PRESENT, "10.1 10.2 10.3 4870 4871 f10 f14 f30 f31 ua01 ua05 ua06 ua10"),
    (F.FRAUD, _NOT_MINE, "10.4 4837 4840 4849 f24 f29 fr2 fr4 fr6 ua02 ua03 fraudulent unauthorised unauthorized 128 fraud"),
    (F.FRAUD, _MONITORED, "10.5"),
    (F.FRAUD, _NOT_KNOWN, "4863 aa unrecognized"),
    (F.OTHER, _NO_APPROVAL, "11.1 11.2 11.3 4808 4812 a01 a02 a08 at na da noncompliant"),
    (F.OTHER, _LATE, "12.1 4842 p07 lp"),
    (F.OTHER, _WRONG_DATA, "12.2 12.4 12.7 4846 p01 p03 p04 p22 in cd bank_cannot_process incorrect_account_details"),
    (F.DUPLICATE, _AMOUNT, "12.3 12.5 4831 p05 p23 aw incorrect_amount"),
    (F.DUPLICATE, _TWICE, "12.6 12.6.1 p08 dp duplicate duplicate_transaction 1084"),
    (F.DUPLICATE, _PAID_ELSE, "12.6.2 c14 pm payment_by_other_means 1063"),
    (F.NOT_RECEIVED, _NEVER_CAME, "13.1 4855 c08 rg product_not_received merchandise_or_service_not_received 1064 not_received"),
    (F.CANCELLED, _RECURRING, "13.2 4841 c28 ap subscription_canceled canceled_recurring_billing"),
    (
        F.NOT_AS_DESCRIBED,
        _OTHER_THAN_SAID,
        "13.3 c31 c32 rm product_unacceptable merchandise_or_service_not_as_described 1062 not_as_described",
    ),
    (F.NOT_AS_DESCRIBED, _BROAD, "4853"),
    (F.DUPLICATE, _AT_THE_TILL, "4834"),
    (F.NOT_AS_DESCRIBED, _FAKE, "13.4"),
    (F.NOT_AS_DESCRIBED, _MISLED, "13.5"),
    (F.NOT_CREDITED, _NO_CREDIT, "13.6 4860 c02 c04 rn2 credit_not_processed 1061 not_credited"),
    (F.CANCELLED, _CANCELLED, "13.7 c05 c18 cr 4859 cancelled canceled"),
    (F.NOT_RECEIVED, _NOT_TAKEN, "13.9 1065 108 121"),
    (F.OTHER, _ACCOUNT, "insufficient_funds debit_not_authorized check_returned"),
    (F.OTHER, _PAPERS, "4802 4801 r03 r13 m01"),
    (F.OTHER, _GENERAL, "general customer_initiated problem_with_remittance other"),
)
_SCHEME = re.compile(r"^(visa|mastercard|mc|amex|american_express|discover|diners|jcb|unionpay|upi|stripe|paypal)[_:]+")
FAMILY_SENTENCES = {
    F.FRAUD: _NOT_MINE,
    F.NOT_RECEIVED: _NEVER_CAME,
    F.NOT_AS_DESCRIBED: _OTHER_THAN_SAID,
    F.DUPLICATE: _TWICE,
    F.CANCELLED: _CANCELLED,
    F.NOT_CREDITED: _NO_CREDIT,
    F.OTHER: _GENERAL,
}
# What wins: needed documents first, then those that help.
CHECKLISTS: dict[F, tuple[tuple[E, bool], ...]] = {
    F.FRAUD: ((E.ORDER, True), (E.IDENTITY, True), (E.DELIVERY, True), (E.EARLIER_ORDERS, False), (E.MESSAGES, False)),
    F.NOT_RECEIVED: ((E.ORDER, True), (E.SHIPPING, True), (E.DELIVERY, True), (E.MESSAGES, False), (E.USAGE, False)),
    F.NOT_AS_DESCRIBED: ((E.ORDER, True), (E.DESCRIPTION, True), (E.MESSAGES, True), (E.TERMS, True), (E.DELIVERY, False)),
    F.DUPLICATE: ((E.ORDER, True), (E.OTHER_PURCHASE, True), (E.REFUND, False), (E.MESSAGES, False)),
    F.CANCELLED: ((E.ORDER, True), (E.TERMS, True), (E.USAGE, False), (E.MESSAGES, False), (E.REFUND, False)),
    F.NOT_CREDITED: ((E.ORDER, True), (E.REFUND, True), (E.TERMS, False), (E.MESSAGES, False)),
    F.OTHER: ((E.ORDER, True), (E.MESSAGES, False), (E.DELIVERY, False), (E.TERMS, False)),
}
TIPS = {
    F.FRAUD: _("Strong: the bank confirmed the buyer by 3-D Secure, or the parcel went to the card's own address. Weak: an invoice alone."),
    F.NOT_RECEIVED: _("Strong: a carrier's record with place, day and signature. If the parcel is on its way, say by when it arrives."),
    F.NOT_AS_DESCRIBED: _("Strong: the page as the customer saw it, and that you offered a return. If you took it back, show the refund."),
    F.DUPLICATE: _("Strong: two orders with two parcels. If it was charged twice, accept: answering costs the fee again."),
    F.CANCELLED: _("Strong: the terms the customer agreed to, and use after cancelling. Show when the cancellation reached you."),
    F.NOT_CREDITED: _("Strong: the refund with its number and day. If none was promised, show the terms and what was written."),
    F.OTHER: _("Read the provider's own text first; answer only what it asks."),
}


def normal(code: str) -> str:
    """A code as the table knows it: ` Visa 10.4` → `10.4`, `Fraudulent` → `fraudulent`."""
    text = re.sub(r"[\s\-]+", "_", code.strip().lower())
    return _SCHEME.sub("", text)


def reason_of(code: str, family: str = "") -> Reason:
    """What a code means. One that nobody knows is said to be unknown, and `family` (chosen by a person) gives the sentence."""
    found = _CODES.get(normal(code))
    if found:
        return Reason(code, *found)
    chosen = F(family) if family in F.values else F.OTHER
    return Reason(code, chosen, FAMILY_SENTENCES[chosen], is_known=not code)


def family_of(code: str) -> F:
    """The family of a code; `other` where it is unknown."""
    return reason_of(code).family

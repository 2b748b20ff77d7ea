"""Why a file of the shop's own books, or one row of it, could not be taken in; and why a refund cannot be asked for or decided."""

from django.utils.translation import gettext_lazy as _

from apps.core.errors import HezhangError


class BooksRefused(HezhangError):
    """The file as a whole cannot be read; nothing of it was written."""

    message = _("This file cannot be read.")


class BooksEmpty(BooksRefused):
    message = _("This file is empty.")


class BooksTooLarge(BooksRefused):
    message = _("This file is larger than %(limit_mb)s MB. Split it by month and bring the parts in one after the other.")


class BooksTooLong(BooksRefused):
    message = _("This file has more than %(limit)s rows. Split it and bring the parts in one after the other.")


class BooksNotText(BooksRefused):
    message = _("This file is not UTF-8 text. Save it as “CSV UTF-8” and try again.")


class BooksBadWorkbook(BooksRefused):
    message = _("This Excel file cannot be opened. Save it again as .xlsx without a password, or export it as CSV.")


class BooksWrongColumns(BooksRefused):
    """`missing`, `unknown` and `twice` are lists of column names; at least one is not empty."""

    message = _("The columns of this file are not those expected.")

    def __init__(self, *, missing: list[str], unknown: list[str], twice: list[str]):
        said = [
            (missing, _("Missing columns: %(names)s.")),
            (unknown, _("Unknown columns: %(names)s.")),
            (twice, _("Columns that appear twice: %(names)s.")),
        ]
        super().__init__(" ".join(str(sentence) % {"names": ", ".join(names)} for names, sentence in said if names))
        self.missing, self.unknown, self.twice = missing, unknown, twice


class RowsRejected(HezhangError):
    """At least one row was rejected and the whole file was to be taken or nothing: nothing was written. Carries the `report`."""

    message = _("%(count)s rows cannot be taken in, so nothing of this file was written.")

    def __init__(self, report):
        super().__init__(count=report.rows_rejected)
        self.report = report

    def __str__(self) -> str:
        return str(self.message) % self.params


# One sentence a code of a rejected row; `%(value)s` is the cell as delivered, shortened to 80 characters.
REASONS = {
    "column_count": _("This row has %(value)s cells, not as many as the header."),
    "open_quote": _("A cell is not closed, or contains a line break."),
    "control_character": _("This cell contains an invisible control character."),
    "formula": _("This cell holds a formula; enter its value as plain text."),
    "missing_value": _("This cell must not be empty."),
    "too_long": _("This cell is longer than the field allows."),
    "undocumented": _("“%(value)s” is a word of the storefront's that no document has, so nothing of the order is believed."),
    "bad_amount": _("“%(value)s” is not a plain amount."),
    "excess_digits": _("“%(value)s” has more decimals than the currency has."),
    "too_large": _("“%(value)s” is too large to be an amount."),
    "negative": _("“%(value)s” is negative; amounts in the books are positive."),
    "not_positive": _("“%(value)s” must be more than zero."),
    "bad_currency": _("“%(value)s” is not a currency code of three capital letters."),
    "bad_time": _("“%(value)s” is not a date and time such as 2026-09-01T12:30:00+08:00."),
    "no_offset": _("“%(value)s” does not say its time zone; add an offset such as +08:00 or Z."),
    "no_time": _("This row says that money moved, so it needs the time."),
    "unknown_state": _("“%(value)s” is not a known status."),
    "unknown_method": _("“%(value)s” is not a known payment method."),
    "unknown_channel": _("This merchant has no channel “%(value)s”."),
    "bad_country": _("“%(value)s” is not a country code of two letters."),
    "bad_address": _("“%(value)s” is not an IP address."),
    "appears_twice": _("The same reference appears twice in this file with different contents; the first is in row %(value)s."),
    "illegal_move": _("The status cannot change like this: %(value)s."),
    "unknown_payment": _("No payment with the reference “%(value)s” is known in this channel; bring payments in first."),
    "ambiguous_payment": _("Several payments of this channel have the provider reference “%(value)s”; state our own reference."),
    "exceeds_payment": _("This refund and the others of the payment would be more than was paid: “%(value)s” is still refundable."),
    "below_refunds": _("The payment would be less than what is refunded of it already: %(value)s."),
    "desk_refund": _("The refund “%(value)s” was asked for here; what becomes of it is not taken from a file."),
    "unknown_reason": _("“%(value)s” is not one of the reasons for a refund."),
    "other_currency": _("This payment is in %(value)s."),
    "limit_not_paid": _("No money was taken with this payment, so none can be refunded."),
    "limit_held": _("Money of this payment is held back by a dispute."),
    "limit_used_up": _("Nothing of this payment is left to refund."),
    "limit_books_say_refunded": _("The books say that this payment was refunded in full."),
    "limit_whole_only": _("Part of this payment was refunded, and this channel refunds whole payments only."),
    "whole_only": _("This channel refunds whole payments only: %(value)s."),
    "other_payment": _("This refund number belongs to another payment already: “%(value)s”."),
}

# Why what an approver was shown does not hold any more, by the code that `RefundRequest.stale_reason` keeps.
STALE_REASONS = {
    "payment_changed": _("the payment or its order was changed after this refund was requested"),
    "not_captured": _("the payment does not count as paid any more"),
    "held": _("money of this payment has since been held back by a dispute"),
    "refunded_elsewhere": _("another refund of this payment was made or approved after this one was requested"),
    "route_changed": _("the money cannot go back the way it was planned any more"),
}


class RefundError(HezhangError):
    """Base of what keeps a refund from being asked for or decided; nothing was changed."""


class RefundRefused(RefundError):
    """The payment, its channel or the amount does not allow it; `code` is that of the limit, the message its sentence."""

    def __init__(self, code: str, message):
        super().__init__(message)
        self.code = code


class AmountNotRefundable(RefundError):
    message = _("Type an amount between %(smallest)s and %(balance)s; that much of this payment can still be refunded.")


class NoPartialRefund(RefundError):
    message = _("This channel refunds whole payments only: %(balance)s.")


class ReasonMissing(RefundError):
    message = _("Say in a few words why.")


class ReasonUnknown(RefundError):
    message = _("“%(value)s” is not one of the reasons for a refund.")


class KeyUsed(RefundError):
    message = _("This request was already sent with another payment, amount or reason. Open the form again.")


class NotAllowed(RefundError):
    message = _("Your role does not allow this.")


class AlreadyDecided(RefundError):
    """`state` is where the refund stands."""

    message = _("Nothing was changed: this refund is already decided (%(label)s).")

    def __init__(self, state: str, label):
        super().__init__(label=label)
        self.state = state


class OwnRequest(RefundError):
    message = _("You asked for this refund yourself, so somebody else has to decide it.")


class ApprovedByYou(RefundError):
    message = _("You have approved this refund already; a second person has to.")


class OwnerNeeded(RefundError):
    message = _("A refund of this amount needs the approval of an owner, and only one approval is left.")


class SecondFactorMissing(RefundError):
    message = _("A refund of this amount needs your second factor, given within the last ten minutes.")


class RefundStale(RefundError):
    """The figures changed since they were frozen; that this was found is kept, the approval is not. `code` as STALE_REASONS."""

    message = _("Not approved: %(why)s. Look at the request again.")

    def __init__(self, code: str):
        super().__init__(why=STALE_REASONS[code])
        self.code = code


class NotStale(RefundError):
    message = _("The figures of this request still hold; there is nothing to look at again.")


class NothingAsked(RefundError):
    message = _("Nobody asked for information about this refund.")


class TotalDiffers(RefundError):
    message = _("The chosen refunds come to %(total)s, not %(typed)s. Nothing was approved.")


class NothingChosen(RefundError):
    message = _("Choose at least one refund.")


class ManyCurrencies(RefundError):
    message = _("The chosen refunds are in several currencies; approve them one currency at a time.")


class AttachmentRefused(RefundError):
    """`code` is empty, too_large, too_many or unknown_type."""

    REASONS = {
        "empty": _("“%(name)s” is empty."),
        "too_large": _("“%(name)s” is larger than %(limit_mb)s MB."),
        "too_many": _("A refund can have %(limit)s attachments."),
        "unknown_type": _("“%(name)s” is not a PDF, a picture (JPEG, PNG, WebP, HEIC) or plain text."),
    }

    def __init__(self, code: str, **params):
        super().__init__(self.REASONS[code], **params)
        self.code = code


class RefundMoveIllegal(RefundError):
    """`was` and `wanted` are states."""

    message = _("This refund is %(was)s; it cannot become %(wanted)s.")


class SettledOtherwise(RefundError):
    """A second word on a refund that is over contradicts the first: a person has to look."""

    message = _("This refund has ended already, with another result (%(was)s).")


class TurnNotCome(RefundError):
    """The provider keeps apart only refunds that are sent one after the other."""

    message = _("Another refund of this payment is on its way; this one is sent when that has ended.")


class ProviderRests(RefundError):
    """A provider that closes its books must not be called meanwhile; the schedule sends the refund afterwards."""

    message = _("The provider closes its books at this time of day; the refund is sent by itself afterwards.")


class AddressTwice(HezhangError):
    message = _("This address is told already.")


class AddressRefused(HezhangError):
    """`code` is malformed, with_password, not_https, private or unknown_name."""

    REASONS = {
        "malformed": _("This is no web address."),
        "with_password": _("Leave out the user name and password."),
        "not_https": _("The address must begin with https://."),
        "private": _("This address lies in a private network."),
        "unknown_name": _("This name leads nowhere."),
    }

    def __init__(self, code: str):
        super().__init__(self.REASONS[code])
        self.code = code


def reason(code: str, value: str) -> str:
    """The sentence for a rejected row, in the reader's language."""
    return str(REASONS[code]) % {"value": value}


class PaymentRefused(HezhangError):
    """A payment that cannot be started or taken further; nothing was sent."""


class MethodNotOffered(PaymentRefused):
    message = _("%(channel)s does not take this method of payment through Hezhang.")


class ActNotOffered(MethodNotOffered):
    message = _("%(channel)s does not offer this through Hezhang. Do it in the provider's console.")


class WholeOnly(PaymentRefused):
    message = _("%(channel)s takes the whole of an authorization or nothing of it.")


class UnpaidLapses(PaymentRefused):
    message = _("%(channel)s cannot call off what nobody has paid yet: it ends by itself at its deadline.")


class ActUnderWay(PaymentRefused):
    message = _("Somebody asked for this a moment ago, and the provider has not answered yet. Look again in a minute.")


class ChannelOff(PaymentRefused):
    message = _("%(channel)s is switched off.")


class AmountRefused(PaymentRefused):
    message = _("The amount must be more than zero, and no more than was authorized.")


class RequestKeyReused(PaymentRefused):
    message = _("This request was made before with other figures.")


class PaymentMoveIllegal(PaymentRefused):
    """`was` is a state."""

    message = _("This payment is %(was)s; that is not possible any more.")

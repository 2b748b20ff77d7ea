"""`manage.py request_refund`: asks for a refund from a terminal; it waits for approval like any other."""

import json

from django.core.management.base import BaseCommand, CommandError, no_translations

from apps.channels.cells import key_text
from apps.core import clock
from apps.core.errors import HezhangError
from apps.core.money import MoneyError, plain, to_minor
from apps.merchants.enums import Role
from apps.merchants.models import Membership, Merchant, User
from apps.orders.enums import ReasonCode
from apps.orders.models import Payment
from apps.orders.selectors.refundable import refundable
from apps.orders.services.refunds.requesting import request_refund


class Command(BaseCommand):
    help = "Asks for a refund of one payment. Nothing is paid before somebody else has approved it."

    def add_arguments(self, parser):
        parser.add_argument("--merchant", required=True, metavar="SLUG")
        parser.add_argument("--payment", required=True, metavar="REF", help="our reference of the payment, or the provider's")
        parser.add_argument("--channel", metavar="CODE", help="where the same reference is known in several channels")
        parser.add_argument("--amount", help="in major units, such as 280 or 12.50 (default: all that is left)")
        parser.add_argument("--reason", required=True, choices=ReasonCode.values)
        parser.add_argument("--note", default="", help="for colleagues; needed with the reason “other”")
        parser.add_argument("--customer-note", default="", help="for the buyer")
        parser.add_argument("--as", dest="email", metavar="EMAIL", help="who asks (default: the owner, where there is only one)")
        parser.add_argument("--key", default="", help="the same key again returns the first refund instead of asking twice")
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of a sentence")

    @no_translations  # a terminal is spoken to in one language
    def handle(self, *args, merchant, payment, channel, amount, **options):
        shop = Merchant.objects.filter(slug=merchant).first()
        if shop is None:
            raise CommandError(f"there is no merchant {merchant}")
        by, now = _person(shop, options["email"]), clock.now()
        found = _payment(shop, payment, channel)
        try:
            refund = request_refund(
                merchant=shop,
                payment_id=found.pk,
                amount_minor=to_minor(amount, found.currency) if amount else refundable(found, now).balance_minor,
                reason_code=options["reason"],
                note=options["note"],
                customer_note=options["customer_note"],
                request_key=options["key"],
                by=by,
                now=now,
            )
        except MoneyError as error:
            raise CommandError(f"{amount} is not an amount in {found.currency}") from error
        except HezhangError as error:
            raise CommandError(str(error.message)) from error
        told = {"refund": refund.refund_no, "payment": found.merchant_ref, "amount": plain(refund.amount_minor, refund.currency)}
        told |= {"currency": refund.currency, "state": refund.state, "route": refund.request.route, "requested_by": by.email}
        if options["json"]:
            self.stdout.write(json.dumps(told, ensure_ascii=False))
        else:
            sentence = "{refund}: {currency} {amount} of {payment} asked for by {requested_by} ({route}); it is {state}"
            self.stdout.write(sentence.format(**told))


def _person(shop: Merchant, email: str | None) -> User:
    members = Membership.objects.for_merchant(shop).active().select_related("user")
    if email:
        membership = members.filter(user__email=email.strip().lower()).first()
        if membership is None:
            raise CommandError(f"{email} is no member of {shop.slug}")
        return membership.user
    owners = list(members.filter(role=Role.OWNER)[:2])
    if len(owners) != 1:
        raise CommandError(f"{shop.slug} has no single owner; say who asks with --as EMAIL")
    return owners[0].user


def _payment(shop: Merchant, reference: str, channel: str | None) -> Payment:
    rows = Payment.objects.for_merchant(shop).select_related("channel", "order")
    if channel:
        rows = rows.filter(channel__code=channel)
    key = key_text(reference)
    for field in ("merchant_ref_key", "provider_ref_key"):
        found = list(rows.filter(**{field: key})[:2])
        if len(found) == 1:
            return found[0]
        if found:
            raise CommandError(f"several payments are called {reference}; name the channel with --channel CODE")
    raise CommandError(f"there is no payment {reference}")

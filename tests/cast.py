"""The people and things that tests are about: plain functions that make one valid row each.

    shop = cast.make_merchant()                      # qingtian, TWD, Asia/Taipei
    lin = cast.accountant(shop)                      # a user with that role
    ecpay = cast.make_channel(shop)                  # code "ecpay", T+7, with a bank account
    payment = cast.make_payment(ecpay, "A10293", 128000)
    statement = cast.make_statement(ecpay, day=date(2026, 11, 18))
    line = cast.make_line(statement, payment=payment, fee=-3500)

Amounts are minor units (NT$1,280 is 128000). NOW is Friday 2026-11-20 15:46 in Taipei.
"""

from datetime import UTC, date, datetime, timedelta
from itertools import count

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.mfa.utils import decrypt, encrypt

from apps.channels.cells import key_text
from apps.channels.models import Channel, FeeRule, QualificationCase
from apps.channels.services.channels import as_reported
from apps.core import clock
from apps.merchants.enums import Role
from apps.merchants.models import BankAccount, Invitation, Membership, Merchant, SupportAccess, User
from apps.orders.models import Order, Payment, Refund, RefundBatch
from apps.orders.services.refunds.deciding import approve_refund
from apps.orders.services.refunds.payee_accounts import payee_account
from apps.orders.services.refunds.payees import ask_for_account, give_account
from apps.orders.services.refunds.requesting import request_refund
from apps.orders.services.refunds.transfers import make_batch
from apps.settlements.models import BankLine, BankStatement, Discrepancy, Payout, Statement, StatementLine

NOW = datetime(2026, 11, 20, 7, 46, tzinfo=UTC)
TODAY = date(2026, 11, 20)
PASSWORD = "long-enough-secret"

_serial = count(1)


# People


def make_user(email: str = "", *, name: str = "", password: str = PASSWORD, language: str = "zh-hant", **fields) -> User:
    """A user who is in no merchant."""
    email = email or f"person{next(_serial)}@example.com"
    return User.objects.create_user(email, password, name=name or email.split("@")[0], language=language, **fields)


def member(merchant: Merchant, role: str, *, email: str = "", name: str = "", **fields) -> User:
    """A new user with a role in the merchant."""
    user = make_user(email, name=name, **fields)
    Membership.objects.create(merchant=merchant, user=user, role=role)
    return user


def owner(merchant: Merchant, **fields) -> User:
    return member(merchant, Role.OWNER, **fields)


def accountant(merchant: Merchant, **fields) -> User:
    return member(merchant, Role.ACCOUNTANT, **fields)


def approver(merchant: Merchant, **fields) -> User:
    return member(merchant, Role.APPROVER, **fields)


def operator(merchant: Merchant, **fields) -> User:
    return member(merchant, Role.OPERATOR, **fields)


def viewer(merchant: Merchant, **fields) -> User:
    return member(merchant, Role.VIEWER, **fields)


def former_member(merchant: Merchant, role: str, **fields) -> User:
    """Somebody who had that role until an owner deactivated them; to the merchant a stranger with a past."""
    user = member(merchant, role, **fields)
    Membership.objects.for_merchant(merchant).filter(user=user).update(deactivated_at=NOW, deactivated_by=user)
    return user


def outsider(**fields) -> User:
    """Owner of another merchant: must never learn that this one exists."""
    return owner(make_merchant(f"other{next(_serial)}", name="Other shop"), **fields)


def staff(**fields) -> User:
    """Platform staff, a member of nothing."""
    return make_user(is_staff=True, **fields)


def approve_papers(channel) -> QualificationCase:
    """The channel may go live: its papers were handed in and approved at NOW."""
    people = {"submitted_by": make_user(), "reviewed_by": staff()}
    times = {"created_at": NOW, "submitted_at": NOW, "reviewed_at": NOW, "approved_at": NOW}
    return QualificationCase.objects.create(merchant=channel.merchant, channel=channel, state="approved", **people, **times)


def make_invitation(merchant: Merchant, email: str = "", *, role: str = Role.VIEWER, now: datetime | None = None, **fields) -> Invitation:
    """An open invitation, sent at `now` (the clock's moment when not given)."""
    now = now or clock.now()
    times = {"created_at": now, "sent_at": now, "expires_at": now + timedelta(days=7)}
    fields = {"language": "zh-hant", "nonce": f"{next(_serial):032x}", **times, **fields}
    return Invitation.objects.create(merchant=merchant, email=email or f"guest{next(_serial)}@example.com", role=role, **fields)


def support_access(merchant: Merchant, staff: User, *, hours: int = 4, now: datetime | None = None) -> SupportAccess:
    """A look into the merchant that its owner granted at `now` (the clock's moment when not given)."""
    now = now or clock.now()
    times = {"asked_at": now, "granted_at": now, "expires_at": now + timedelta(hours=hours)}
    return SupportAccess.objects.create(merchant=merchant, staff=staff, reason="a question", hours=hours, asked_by=staff, **times)


# The merchant and its accounts


def make_merchant(
    slug: str = "qingtian", *, name: str = "晴天選物", currency: str = "TWD", timezone: str = "Asia/Taipei", **fields
) -> Merchant:
    return Merchant.objects.create(slug=slug, name=name, currency=currency, timezone=timezone, **fields)


def make_bank_account(merchant: Merchant, code: str = "cathay-twd", *, currency: str = "", bank: str = "國泰世華", **fields) -> BankAccount:
    fields = {"account_no": "001234561234", "format": "csv", **fields}
    return BankAccount.objects.create(merchant=merchant, code=code, currency=currency or merchant.currency, bank=bank, **fields)


def make_channel(merchant: Merchant, code: str = "ecpay", *, provider: str = "", label: str = "綠界", **fields) -> Channel:
    """A channel in the merchant's currency and zone, T+7, paying into the merchant's first bank account (made if there is none)."""
    account = fields.pop("bank_account", None) or merchant.bank_accounts.first() or make_bank_account(merchant)
    fields = {"currency": merchant.currency, "timezone": merchant.timezone, "calendar": "TW", "settles": "T+7", **fields}
    fields = as_reported(provider or code, fields)
    return Channel.objects.create(merchant=merchant, code=code, provider=provider or code, label=label, bank_account=account, **fields)


def make_fee_rule(
    channel: Channel, *, percent_ppm: int = 27500, methods: tuple[str, ...] = ("*",), valid_from: date = date(2026, 1, 1), **fields
) -> FeeRule:
    names = sorted(methods)
    return FeeRule.objects.create(
        merchant=channel.merchant,
        channel=channel,
        methods=names,
        methods_key=",".join(names),
        percent_ppm=percent_ppm,
        valid_from=valid_from,
        **fields,
    )


# The books


def make_order(merchant: Merchant, order_no: str = "", total_minor: int = 128000, **fields) -> Order:
    order_no = order_no or f"A{10000 + next(_serial)}"
    fields = {"currency": merchant.currency, "placed_at": NOW - timedelta(days=4), **fields}
    return Order.objects.create(merchant=merchant, order_no=order_no, order_key=key_text(order_no), total_minor=total_minor, **fields)


def make_payment(channel: Channel, order_no: str = "", amount_minor: int = 128000, *, state: str = "paid", **fields) -> Payment:
    """A credit card payment four days ago; the order is made unless `order=` is given. References come from the order number."""
    order = fields.pop("order", None) or make_order(
        channel.merchant, order_no, amount_minor, currency=fields.get("currency", channel.currency)
    )
    placed_at = fields.setdefault("placed_at", order.placed_at)
    merchant_ref = fields.pop("merchant_ref", order.order_no)
    provider_ref = fields.pop("provider_ref", f"P{order.order_no}")
    if state in ("paid", "partially_refunded", "refunded"):
        paid_at = fields.setdefault("paid_at", placed_at)
        fields.setdefault("business_date", clock.local_date(paid_at, channel.timezone))
    fields = {"method": "credit_card", "currency": channel.currency, "order_total_minor": order.total_minor, **fields}
    return Payment.objects.create(
        merchant=channel.merchant,
        order=order,
        channel=channel,
        amount_minor=amount_minor,
        state=state,
        merchant_ref=merchant_ref,
        merchant_ref_key=key_text(merchant_ref),
        provider_ref=provider_ref,
        provider_ref_key=key_text(provider_ref),
        **fields,
    )


def make_refund(payment: Payment, refund_no: str = "", amount_minor: int | None = None, *, state: str = "succeeded", **fields) -> Refund:
    """A refund two days ago, of the whole payment unless an amount (positive) is given."""
    refund_no = refund_no or f"R{next(_serial)}"
    provider_ref = fields.pop("provider_refund_ref", f"PR{refund_no}")
    moment = fields.setdefault("requested_at", NOW - timedelta(days=2))
    if state == "succeeded":
        refunded_at = fields.setdefault("refunded_at", moment)
        fields.setdefault("business_date", clock.local_date(refunded_at, payment.channel.timezone))
    return Refund.objects.create(
        merchant=payment.merchant,
        payment=payment,
        channel=payment.channel,
        refund_no=refund_no,
        refund_no_key=key_text(refund_no),
        provider_refund_ref=provider_ref,
        provider_refund_ref_key=key_text(provider_ref),
        amount_minor=payment.amount_minor if amount_minor is None else amount_minor,
        currency=payment.currency,
        state=state,
        **fields,
    )


def approve_bank_refund(channel: Channel, amount_minor: int = 30000) -> Refund:
    """NT$300 of an ATM payment, asked for by an accountant and approved by an approver; the buyer has not named an account."""
    shop, payment = channel.merchant, make_payment(channel, method="atm")
    refund = request_refund(
        merchant=shop, payment_id=payment.pk, amount_minor=amount_minor, reason_code="customer_request", by=accountant(shop), now=NOW
    )
    return approve_refund(merchant=shop, refund_id=refund.pk, by=approver(shop), now=NOW)


def make_refund_batch(channel: Channel, *refunds: Refund) -> RefundBatch:
    """A file of transfers for Monday, from the channel's bank account; every buyer has named the same account."""
    shop, payer, asker = channel.merchant, accountant(channel.merchant), accountant(channel.merchant)
    account = payee_account(currency="TWD", holder="林小美", bank_code="013", account_no="123456789012")
    refunds = refunds or (approve_bank_refund(channel),)
    for refund in refunds:
        give_account(token=ask_for_account(merchant=shop, refund_id=refund.pk, by=asker, now=NOW).token, account=account, now=NOW)
    ids = [refund.pk for refund in refunds]
    monday = TODAY + timedelta(days=3)
    return make_batch(merchant=shop, refund_ids=ids, bank_account=channel.bank_account, format="csv", pay_on=monday, by=payer, now=NOW)


# What providers and banks say


def make_statement(channel: Channel, *, day: date = date(2026, 11, 18), state: str = "posted", **fields) -> Statement:
    name = fields.pop("name", f"{channel.code}_{day:%Y%m%d}.csv")
    fields = {"sha256": f"{next(_serial):064d}", "size": 1000, "first_day": day, "last_day": day, "created_at": NOW, **fields}
    return Statement.objects.create(merchant=channel.merchant, channel=channel, name=name, state=state, **fields)


def make_line(
    statement: Statement, *, payment: Payment | None = None, gross: int = 128000, fee: int = 0, other: int = 0, **fields
) -> StatementLine:
    """A payment line of the statement's first day; references, amount and currency are taken from `payment` where one is given."""
    number = next(_serial)
    if payment:
        gross = payment.amount_minor
        fields = {"merchant_ref": payment.merchant_ref, "provider_ref": payment.provider_ref, "currency": payment.currency, **fields}
    defaults = {
        "kind": "payment",
        "row_no": number,
        "provider_ref": f"L{number}",
        "method": "credit_card",
        "currency": statement.channel.currency,
        "occurred_at": clock.start_of_day(statement.first_day, statement.channel.timezone, hour=12),
        "business_date": statement.first_day,
        "row_hash": number,
        "ordinal": 0,
    }
    return StatementLine.objects.create(
        merchant=statement.merchant,
        channel=statement.channel,
        statement=statement,
        gross=gross,
        fee=fee,
        other=other,
        net=gross + fee + other,
        **{**defaults, **fields},
    )


def make_payout(channel: Channel, ref: str = "PO-1120", net_minor: int = 8642700, *, due_on: date = TODAY, **fields) -> Payout:
    fields = {"is_named": True, "covers_from": due_on, "covers_to": due_on, "line_count": 1, "currency": channel.currency, **fields}
    return Payout.objects.create(merchant=channel.merchant, channel=channel, ref=ref, due_on=due_on, lines_net_minor=net_minor, **fields)


def make_bank_statement(account: BankAccount, *, day: date = TODAY, state: str = "posted", **fields) -> BankStatement:
    fields = {"sha256": f"{next(_serial):064d}", "size": 1000, "first_day": day, "last_day": day, "created_at": NOW, **fields}
    return BankStatement.objects.create(
        merchant=account.merchant, bank_account=account, name=f"{account.code}_{day:%Y%m%d}.csv", state=state, **fields
    )


def make_bank_line(statement: BankStatement, amount_minor: int = 8642700, **fields) -> BankLine:
    number = next(_serial)
    account = statement.bank_account
    fields = {"row_no": number, "booked_on": statement.first_day, "memo": "ECPAY 撥款", "row_hash": number, "ordinal": 0, **fields}
    return BankLine.objects.create(
        merchant=statement.merchant,
        bank_account=account,
        statement=statement,
        currency=account.currency,
        amount_minor=amount_minor,
        **fields,
    )


def make_discrepancy(
    channel: Channel, kind: str = "fee_mismatch", *, expected_minor: int = -3500, actual_minor: int = -4700, **fields
) -> Discrepancy:
    """An open difference due in two hours; the subject is `payment=` where one is given, else an invented line key."""
    payment = fields.get("payment")
    if payment:
        fields = {"order_no": payment.order.order_no, "merchant_ref": payment.merchant_ref, "provider_ref": payment.provider_ref, **fields}
    defaults = {
        "subject_type": "payment" if payment else "line",
        "subject_key": str(payment.pk if payment else next(_serial)),
        "currency": channel.currency,
        "business_date": date(2026, 11, 16),
        "severity": "normal",
        "opened_at": NOW - timedelta(hours=3),
        "due_at": NOW + timedelta(hours=2),
    }
    return Discrepancy.objects.create(
        merchant=channel.merchant,
        channel=channel,
        kind=kind,
        expected_minor=expected_minor,
        actual_minor=actual_minor,
        difference_minor=actual_minor - expected_minor,
        **{**defaults, **fields},
    )


# Second factors


TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # of everyone in the tests


def with_totp(user: User) -> User:
    """Gives the person an authenticator app, as if set up long ago; `totp_code` makes its codes."""
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": encrypt(TOTP_SECRET)})
    return user


def totp_code(user: User, now: datetime | None = None) -> str:
    """The code that the person's app shows at `now` (the clock's moment when not given); each works once."""
    row = Authenticator.objects.get(user=user, type=Authenticator.Type.TOTP)
    return format_hotp_value(hotp_value(decrypt(row.data["secret"]), int((now or clock.now()).timestamp()) // 30))


def give_factor(client, now: datetime | None = None) -> None:
    """The client's session counts as stepped up at `now`: what a page then does, without going through the code."""
    session = client.session
    session["second_factor_at"] = (now or clock.now()).isoformat()
    session.save()

"""The form with which a payer opens a payment at NewebPay (MPG). Nothing is sent from here: the payer's browser posts it."""

from datetime import datetime, timedelta
from urllib.parse import urlencode

from apps.channels.contracts import Method
from apps.channels.paying import PaymentCall
from apps.channels.providers.newebpay.signing import conceal, trade_sha
from apps.channels.providers.newebpay.trade import TAIPEI, WHOLE

PATH, VERSION = "/MPG/mpg_gateway", "2.0"
CHOICES: dict[str, str] = {
    Method.CREDIT_CARD: "CREDIT",
    Method.INSTALLMENT: "InstFlag",
    Method.APPLE_PAY: "APPLEPAY",
    Method.GOOGLE_PAY: "ANDROIDPAY",
    Method.LINE_PAY: "LINEPAY",
    Method.ATM: "VACC",
    Method.CVS_CODE: "CVS",
    Method.CVS_BARCODE: "BARCODE",
}
OFFLINE = (Method.ATM, Method.CVS_CODE, Method.CVS_BARCODE)
INSTALMENTS = (3, 6, 12, 18, 24, 30)
LIMITS = {Method.ATM: (1, 49_999), Method.CVS_CODE: (30, 20_000), Method.CVS_BARCODE: (20, 40_000)}  # whole dollars
GOODS = 50  # characters
LONGEST = 30  # characters of our number
DAYS = 180  # that an account or a code may stand


def refusal(call: PaymentCall, now: datetime) -> str:
    """Why NewebPay would not open this, as one of `own_codes`; empty where nothing speaks against it."""
    if call.currency != "TWD":
        return "other_currency"
    if call.amount_minor % WHOLE or call.amount_minor <= 0:
        return "not_whole"
    number = call.merchant_ref.replace("_", "a")
    if not (number.isascii() and number.isalnum() and len(number) <= LONGEST):
        return "bad_number"
    if call.method not in CHOICES:
        return "other_method"
    if not call.captures_at_once and call.method != Method.CREDIT_CARD:
        return "no_holding"
    if (call.instalments not in INSTALMENTS) if call.method == Method.INSTALLMENT else call.instalments > 1:
        return "no_instalments"
    least, most = LIMITS.get(call.method, (1, call.amount_minor))
    if not least * WHOLE <= call.amount_minor <= most * WHOLE:
        return "too_small" if call.amount_minor < least * WHOLE else "too_large"
    if not call.notice_url:
        return "no_address"
    return "too_late" if call.expires_at and call.expires_at <= now else ""


def form_of(call: PaymentCall, merchant_id: str, keys: tuple[str, str], now: datetime) -> dict[str, str]:
    """The encrypted and signed fields."""
    fields = {
        "MerchantID": merchant_id,
        "RespondType": "JSON",
        "TimeStamp": str(int(now.timestamp())),
        "Version": VERSION,
        "MerchantOrderNo": call.merchant_ref,
        "Amt": str(call.amount_minor // WHOLE),
        "ItemDesc": call.description[:GOODS].strip() or call.merchant_ref,
        "NotifyURL": call.notice_url,
        CHOICES[call.method]: str(call.instalments) if call.method == Method.INSTALLMENT else "1",
    }
    if call.return_url:
        fields["ClientBackURL"] = call.return_url  # a plain link; ReturnURL would post to the shop from another site
    if call.expires_at and call.method in OFFLINE:
        last = min(call.expires_at, now + timedelta(days=DAYS))
        fields["ExpireDate"] = last.astimezone(TAIPEI).strftime("%Y%m%d")
    if call.payer.email:
        fields["Email"] = call.payer.email
    info = conceal(urlencode(fields), *keys)
    return {"MerchantID": merchant_id, "TradeInfo": info, "TradeSha": trade_sha(info, *keys), "Version": VERSION, "EncryptType": "0"}

"""Small statements of the international providers: a sale, a refund, a chargeback, fees, payouts, foreign money."""

import json

PAYPAL_COLUMNS = (
    '"CH","Transaction ID","Invoice ID","PayPal Reference ID","PayPal Reference ID Type","Transaction Event Code",'
    '"Transaction Initiation Date","Transaction Completion Date","Transaction Debit or Credit","Gross Transaction Amount",'
    '"Gross Transaction Currency","Fee Debit or Credit","Fee Amount","Fee Currency","Custom Field","Consumer ID",'
    '"Payment Tracking ID","Store ID","Bank Reference ID"'
)


def paypal_row(ref, invoice, parent, code, clock, side, gross, currency, fee=0, *, custom="", bank="", fee_side="DR") -> str:
    """One SB row on 2026-09-13, Los Angeles; amounts in hundredths."""
    at = f"2026/09/13 {clock} -0700"
    fees = f'"{fee_side}",{fee},"{currency}"' if fee else '"",,""'
    known = '"TXN"' if parent else '""'
    return (
        f'"SB","{ref}","{invoice}","{parent}",{known},"{code}",{at},{at},"{side}",{gross},"{currency}",{fees},"{custom}","","","","{bank}"'
    )


PAYPAL_ROWS = (
    paypal_row("8AB10000001", "QT260913-9.1", "", "T0006", "04:06:09", "CR", 13707, "USD", 527),
    paypal_row("8AB10000002", "QT260913-5.1", "", "T0006", "04:38:19", "CR", 23326, "USD", 863),
    paypal_row("8AB10000003", "QT260910-2.1", "7ZZ10000009", "T1107", "05:00:00", "DR", 3000, "USD", 87, custom="RF1", fee_side="CR"),
    paypal_row("8AB10000004", "", "7ZZ10000008", "T1201", "06:00:00", "DR", 999, "USD"),
    paypal_row("8AB10000005", "", "8AB10000004", "T0106", "06:00:01", "DR", 2000, "USD"),
    paypal_row("8AB10000006", "QT260913-7.1", "", "T0006", "07:00:00", "CR", 10000, "JPY", 400),
    paypal_row("8AB10000007", "QT260913-7.1", "8AB10000006", "T0200", "07:00:00", "DR", 9600, "JPY"),
    paypal_row("8AB10000008", "QT260913-7.1", "8AB10000006", "T0200", "07:00:00", "CR", 64, "USD"),
    paypal_row("8AB10000009", "", "8AB10000001", "T1110", "08:00:00", "DR", 500, "USD"),
    paypal_row("8AB10000010", "", "", "T0400", "23:59:20", "DR", 29295, "USD", bank="1008228000795"),
)
PAYPAL_FEET = (
    '"{},"USD",37097,35794,87,1390,"CR",1500,"CR",1500,"CR",0,"CR",0,8',
    '"{},"JPY",10000,9600,0,400,"CR",0,"CR",0,"CR",0,"CR",0,2',
)


def paypal(rows=PAYPAL_ROWS, *, columns=PAYPAL_COLUMNS, feet=PAYPAL_FEET, count: int | None = None) -> bytes:
    """One report of one file of one section."""
    said = len(rows) if count is None else count
    lines = [
        '"RH",2026/09/14 03:15:00 -0700,"A","EZ7QINGTIAN",009,',
        '"FH",01',
        '"SH",2026/09/13 00:00:00 -0700,2026/09/13 23:59:59 -0700,"EZ7QINGTIAN",""',
        columns,
        *rows,
        *(foot.replace('"{}', '"SF"', 1) for foot in feet),
        f'"SC",{said}',
        *(foot.replace('"{}', '"RF"', 1) for foot in feet),
        f'"RC",{said}',
        f'"FF",{said}',
    ]
    return ("\ufeff" + "\r\n".join(lines) + "\r\n").encode()


ADYEN_COLUMNS = (
    "Company Account,Merchant Account,Psp Reference,Merchant Reference,Payment Method,Creation Date,TimeZone,Type,"
    "Modification Reference,Gross Currency,Gross Debit (GC),Gross Credit (GC),Exchange Rate,Net Currency,Net Debit (NC),"
    "Net Credit (NC),Commission (NC),Markup (NC),Scheme Fees (NC),Interchange (NC),Payment Method Variant,"
    "Modification Merchant Reference,Batch Number"
)
_QT = "Qingtian,QingtianCOM"
ADYEN_ROWS = (
    f"{_QT},KX7IY8MAQ0000357,QT260903-10.1,visa,2026-09-03 12:45:01,CEST,Settled,QCDZQ9RTZ0000358,EUR,,155.74,1,EUR,,153.61,,"
    "0.65,0.31,1.17,visaclassic,,12",
    f"{_QT},KX7IY8MAQ0000401,QT260903-11.1,mc,2026-09-03 23:30:00,CEST,Settled,QCDZQ9RTZ0000402,EUR,,20.00,1,EUR,,19.40,0.60,,,,"
    "mc_applepay,,12",
    f"{_QT},KX7IY8MAQ0000300,QT260901-3.1,visa,2026-09-04 01:00:00,CEST,Refunded,QCDZQ9RTZ0000500,EUR,10.00,,1,EUR,10.00,,,,,,"
    "visaclassic,RF1,12",
    f"{_QT},KX7IY8MAQ0000290,QT260830-1.1,ideal,2026-09-04 02:00:00,CEST,Chargeback,QCDZQ9RTZ0000501,EUR,50.97,,1,EUR,58.47,,7.50,,,,"
    "ideal,,12",
    f"{_QT},KX7IY8MAQ0000403,QT260903-12.1,visa,2026-09-04 03:00:00,CEST,Settled,QCDZQ9RTZ0000404,GBP,,10.00,1.1712,EUR,,11.51,0.20,,,,"
    "visaclassic,,12",
    f"{_QT},,,,2026-09-03 21:06:40,CEST,Fee,Transaction Fees 2026-09-03,EUR,,,,EUR,1.18,,,,,,,,12",
    f'{_QT},,,,2026-09-08 05:00:00,CEST,MerchantPayout,"TX99296000767XT batch 12, QingtianCOM",EUR,,,,EUR,114.87,,,,,,,,12',
)


def adyen(rows=ADYEN_ROWS, *, columns=ADYEN_COLUMNS) -> bytes:
    return "\n".join([columns, *rows, ""]).encode()


SHOPIFY_COLUMNS = (
    "Transaction Date,Type,Order,Card Brand,Card Source,Payout Status,Payout Date,Payout ID,Available On,Amount,Fee,Net,Checkout,"
    "Payment Method Name,Presentment Amount,Presentment Currency,Currency"
)
SHOPIFY_ROWS = (
    "2026-10-03 10:12:31 +0200,charge,#1001,visa,online,paid,2026-10-06,123456789,2026-10-06,30.00,0.75,29.25,,card,30.00,EUR,EUR",
    "2026-10-04 09:00:00 +0200,refund,#1001,visa,online,paid,2026-10-06,123456789,2026-10-06,-5.00,0.00,-5.00,,card,-5.00,EUR,EUR",
    "2026-10-05 18:00:00 +0200,charge,#1002,mastercard,pos,in_transit,2026-10-08,987654321,2026-10-08,1234.50,22.10,1212.40,,"
    "apple_pay,1234.50,EUR,EUR",
    "2026-10-05 19:00:00 +0200,dispute,#1003,visa,online,paid,2026-10-08,987654321,2026-10-08,-40.00,15.00,-55.00,,card,-40.00,EUR,EUR",
    "2026-10-05 20:00:00 +0200,adjustment,,,,paid,2026-10-08,987654321,2026-10-08,-1.50,-0.25,-1.75,,,-1.50,EUR,EUR",
)


def shopify(rows=SHOPIFY_ROWS, *, columns=SHOPIFY_COLUMNS) -> bytes:
    return "\n".join([columns, *rows, ""]).encode()


SHOPIFY_PAYOUT_COLUMNS = "Payout Date,Status,Charges,Refunds,Adjustments,Reserved Funds,Fees,Retried Amount,Total,Currency"
SHOPIFY_PAYOUT_ROWS = (
    "2026-10-06,paid,30.00,-5.00,0.00,0.00,-0.75,0.00,24.25,EUR",
    "2026-10-08,in_transit,1234.50,-40.00,-1.50,0.00,-37.35,0.00,1155.65,EUR",
    "2026-10-09,scheduled,10.00,0.00,0.00,0.00,-0.30,0.00,9.70,EUR",
)


def shopify_payouts(rows=SHOPIFY_PAYOUT_ROWS) -> bytes:
    return "\n".join([SHOPIFY_PAYOUT_COLUMNS, *rows, ""]).encode()


def _settled(entity: str, kind: str, amount: int, *, fee: int = 0, back: bool = False, **more) -> dict:
    """One row of a settlement of 2026-09-08; `back` when it is taken from the merchant. Amounts in paise."""
    net = -(amount + fee) if back else amount - fee
    row = {"entity_id": entity, "type": kind, "debit": max(-net, 0), "credit": max(net, 0), "amount": amount, "currency": "INR", "fee": fee}
    row |= {"tax": fee * 18 // 118, "on_hold": False, "settled": True, "created_at": 1788605316, "settled_at": 1788860960}
    return row | {"settlement_id": "setl_1", "settlement_utr": "1788860960vxp0rj", "order_receipt": None, "method": None, **more}


RAZORPAY_ITEMS = (
    _settled("pay_1", "payment", 100000, fee=2360, order_receipt="QT260905-1", method="card"),
    _settled("pay_2", "payment", 25000, order_receipt="QT260905-2", method="upi"),
    _settled("rfnd_1", "refund", 5000, back=True, payment_id="pay_0", method="card", notes={"refund_no": "RF1"}),
    _settled("trf_1", "transfer", 10000, fee=236, back=True, payment_id="pay_1"),
    _settled("adj_1", "adjustment", 30000, back=True, payment_id="pay_9", dispute_id="disp_1", settlement_utr=None),
)


def razorpay(items=RAZORPAY_ITEMS) -> bytes:
    """The answer of the API, one row a line."""
    return json.dumps({"entity": "collection", "count": len(items), "items": list(items)}, indent=1).encode()


USUAL = {
    "paypal": (paypal, "STL-20260913.01.009.CSV", "America/Los_Angeles", "USD"),
    "adyen": (adyen, "settlement_detail_report_batch_12.csv", "Europe/Amsterdam", "EUR"),
    "shopify": (shopify, "payment_transactions_export_20261008.csv", "Europe/Berlin", "EUR"),
    "shopify/payouts": (shopify_payouts, "payouts_export.csv", "Europe/Berlin", "EUR"),
    "razorpay": (razorpay, "recon_20260908.json", "Asia/Kolkata", "INR"),
}

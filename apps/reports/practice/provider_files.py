"""Lines as the providers' files: ECPay's TradeNoAio, Alipay's 业务明细 in its ZIP, Stripe's payout reconciliation."""

import csv
import io
import random
import zipfile
from datetime import date, datetime, timedelta

from apps.reports.practice.payouts import Payout
from apps.reports.practice.records import Line, channel_clock, major

ALIPAY_ACCOUNT = "20880317600421880156"
ECPAY_HEADER = (
    "訂單日期,廠商訂單編號,綠界訂單編號,付款方式,交易金額,手續費率(每筆),手續費,處理費,交易手續費,平台手續費,應收款項(淨額),撥款狀態".split(
        ","
    )
)
ECPAY_METHODS = {
    "credit_card": "信用卡", "installment": "信用卡分期(3期)", "atm": "ATM櫃員機", "cvs_code": "超商代碼", "cvs_barcode": "超商條碼"
}  # fmt: skip
ALIPAY_HEADER = (
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,商家实收（元）,"
    "支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,"
    "退款批次号/请求号,服务费（元）,分润（元）,备注"
)
STRIPE_HEADER = (
    "automatic_payout_id,automatic_payout_effective_at,balance_transaction_id,created_utc,created,available_on_utc,available_on,currency,"
    "gross,fee,net,reporting_category,source_id,description,customer_facing_amount,customer_facing_currency,regulatory_tag,"
    "automatic_payout_effective_at_utc,charge_id,payment_intent_id,payment_method_type,card_brand,card_funding,card_country,"
    "statement_descriptor,dispute_reason,payment_metadata[merchant_ref],refund_metadata[refund_no]"
).split(",")
RULE = "-" * 40


def ecpay(lines: list[Line], payout_day_passed: bool, encoding: str) -> bytes:
    """One day's 對帳媒體檔; whole dollars, each cell behind a `=`."""
    out = [",".join(ECPAY_HEADER)]
    for line in lines:
        ordered = line.payment.placed_at if line.payment else line.at
        cells = [
            ordered.strftime("%Y-%m-%d %H:%M:%S"), line.merchant_ref, line.provider_ref, ECPAY_METHODS[line.method], str(line.gross // 100),
            "2.75%", str(-line.fee // 100), "0", "0", "0", str(line.net // 100), "已撥款" if payout_day_passed else "未撥款",
        ]  # fmt: skip
        out.append(",".join(cell if at in (3, 11) else f"={cell}" for at, cell in enumerate(cells)))
    return ("\r\n".join(out) + "\r\n").encode(encoding)


def alipay(lines: list[Line], first: date, last: date, total_off: int = 0) -> bytes:
    """业务明细 and its summary in a ZIP with GBK names, as downloaded."""
    sales = [line for line in lines if line.kind == "payment"]
    back = [line for line in lines if line.kind == "refund"]
    paid, returned = sum(line.gross for line in sales), sum(line.gross for line in back)
    until = last + timedelta(days=1)
    head = f"#账号：[{ALIPAY_ACCOUNT}]\r\n#起始日期：[{first:%Y年%m月%d日} 00:00:00]   终止日期：[{until:%Y年%m月%d日} 00:00:00]\r\n"
    written = f"#导出时间：[{until:%Y年%m月%d日} 09:12:33]\r\n"
    detail = f"#支付宝业务明细查询\r\n{head}#{RULE}业务明细列表{RULE}\r\n{ALIPAY_HEADER}\r\n"
    detail += "".join(_alipay_row(line) for line in lines)
    detail += f"#{RULE}业务明细列表结束{RULE}\r\n"
    detail += f"#交易合计：{len(sales)}笔，商家实收共{major(paid + total_off)}元，商家优惠共0.00元\r\n"
    detail += f"#退款合计：{len(back)}笔，商家实收退款共{major(returned)}元，商家优惠退款共0.00元\r\n{written}"
    fees, net = sum(line.fee for line in lines), sum(line.net for line in lines)
    summary = f"#支付宝业务汇总查询\r\n{head}#{RULE}业务汇总列表{RULE}\r\n门店编号,门店名称,交易订单总笔数,退款订单总笔数,订单金额（元）,"
    summary += "商家实收（元）,支付宝优惠（元）,商家优惠（元）,卡消费金额（元）,服务费（元）,分润（元）,实收净额（元）\r\n"
    summary += f"合计\t,\t,{len(sales)},{len(back)},{major(paid + returned)},{major(paid + returned)},0.00,0.00,0.00,{major(fees)},0.00,"
    summary += f"{major(net)}\r\n#{RULE}业务汇总列表结束{RULE}\r\n{written}"
    days = f"{first:%Y%m%d}" if first == last else f"{first:%Y%m%d}_{last:%Y%m%d}"
    return _zipped({f"{ALIPAY_ACCOUNT}_{days}_业务明细.csv": detail, f"{ALIPAY_ACCOUNT}_{days}_业务明细(汇总).csv": summary})


def _alipay_row(line: Line) -> str:
    placed = line.payment.placed_at if line.payment else line.at - timedelta(seconds=4)
    is_back = line.kind == "refund"
    cells = [
        f"{line.provider_ref}\t", f"{line.merchant_ref}\t", "退款" if is_back else "交易", line.goods, _clock(placed), _clock(line.at),
        "\t", "\t", "\t", "\t", f"**茶(138******{int(line.provider_ref[-2:]):02d})\t", major(line.gross), major(line.gross),
        "0.00", "0.00", "0.00", "0.00", "0.00", "", "0.00\t", "0.00", f"{line.refund_ref}\t", major(line.fee), "0.00",
        "退款" if is_back else "",
    ]  # fmt: skip
    return _csv_row(cells)


def stripe(payouts: list[Payout], rng: random.Random | None) -> bytes:
    """The itemized report of one or more payouts in UTC; with `rng` the columns come in another order."""
    header = list(STRIPE_HEADER)
    if rng:
        rng.shuffle(header)
    rows = [_csv_row(header)]
    for payout in payouts:
        for line in payout.lines:
            cells = _stripe_cells(line, payout)
            rows.append(_csv_row([cells.get(name, "") for name in header]))
    return "".join(rows).encode()


def _stripe_cells(line: Line, payout: Payout) -> dict[str, str]:
    effective, created = f"{payout.due} 00:00:00", _clock(channel_clock(line.at, 0))
    is_payment = line.kind == "payment"
    card = line.method in ("credit_card", "apple_pay", "google_pay") and line.kind != "fee"
    source = line.charge if is_payment else line.provider_refund_ref
    return {
        "automatic_payout_id": payout.ref, "automatic_payout_effective_at": effective, "automatic_payout_effective_at_utc": effective,
        "balance_transaction_id": line.txn, "created_utc": created, "created": created, "available_on_utc": effective,
        "available_on": effective, "currency": "usd", "gross": major(line.gross), "fee": major(-line.fee), "net": major(line.net),
        "reporting_category": "charge" if is_payment else line.kind, "source_id": source, "description": line.goods,
        "customer_facing_amount": major(line.gross) if is_payment else "", "customer_facing_currency": "usd" if is_payment else "",
        "charge_id": line.charge, "payment_intent_id": line.provider_ref,
        "payment_method_type": "card" if card else "us_bank_account" if line.method == "bank_transfer" else "",
        "card_brand": "visa" if card else "", "card_funding": "credit" if card else "", "card_country": "US" if card else "",
        "statement_descriptor": "NUANYANG", "dispute_reason": "fraudulent" if line.kind == "dispute" else "",
        "payment_metadata[merchant_ref]": line.merchant_ref,
        "refund_metadata[refund_no]": "" if line.refund_ref.startswith("CONSOLE") else line.refund_ref,
    }  # fmt: skip


def _clock(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S")


def _csv_row(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(cells)
    return out.getvalue()


def _zipped(members: dict[str, str]) -> bytes:
    """A ZIP whose names are bare GBK bytes, which is how they come; no clock in it, so equal contents are equal bytes.

    `zipfile` writes a Chinese name as UTF-8, so each goes in under an ASCII name of the same length and is then written over.
    """
    out, names = io.BytesIO(), {}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            stand_in = f"name{len(names)}".ljust(len(name.encode("gbk")), "@")
            names[stand_in.encode()] = name.encode("gbk")
            info = zipfile.ZipInfo(stand_in, (2026, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, text.encode("gb18030"))
    data = out.getvalue()
    for stand_in, name in names.items():
        data = data.replace(stand_in, name)
    return data

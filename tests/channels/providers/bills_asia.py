"""Small files of the account flows, of PayPay and of UnionPay, built as the providers send them."""

import io
import zipfile

from apps.channels.providers.unionpay.layouts import ZM, ZME

ACCOUNT_COLUMNS = (
    "账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）,账户余额（元）,交易渠道,业务类型,备注"
)
# Opening 100.00. Payment, its fee in the same second, a refund, the fee given back, a withdrawal.
ACCOUNT_ROWS = (
    ("5463244653737101", "2026091622001474541900000003", "QT260916-1", "2026-09-16 09:25:30", "59.00", "", "159.00", "在线支付"),
    ("5463244653737102", "2026091622001474541900000003", "QT260916-1", "2026-09-16 09:25:30", "", "-0.35", "158.65", "收费"),
    ("5463244653737103", "2026090222001439261900000213", "QT260902-11", "2026-09-16 19:13:13", "0.00", "77.22", "81.43", "交易退款"),
    ("5463244653737104", "2026090222001439261900000213", "QT260902-11", "2026-09-16 19:13:14", "0.46", "0.00", "81.89", "退款(收费返还)"),
    ("5463244653737105", "2026091632001900000000000001", "", "2026-09-16 23:50:00", "", "-50.00", "31.89", "提现"),
)
ACCOUNT_FOOTER = "#支出合计：3笔，共-127.57元\r\n#收入合计：2笔，共59.46元\r\n"

FUND_COLUMNS = (
    "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),资金变更提交申请人,备注,业务凭证号"
)
# Opening 10.00.
FUND_ROWS = (
    "`2026-09-11 21:39:27,`4200073234202609110000000272,`1900009231201809110001,`交易,`交易,`收入,`152.08,`162.08,`system,"
    "`线香,沉香,`QT260911-5",
    "`2026-09-11 21:39:27,`4200073234202609110000000272,`1900009231201809110002,`扣除交易手续费,`扣除交易手续费,`支出,`0.91,"
    "`161.17,`system,`,`QT260911-5",
    "`2026-09-11 22:00:00,`50300806962026091105978994968,`1900009231201809110003,`退款,`退款,`支出,`20.00,`141.17,"
    "`1601959334API,`,`RF260910R1",
    "`2026-09-11 23:30:00,`,`1900009231201809110004,`提现,`提现,`支出,`100.00,`41.17,`system,`,`",
)
FUND_SUMMARY = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额\r\n`4.0,`1.0,`152.08,`3.0,`120.91\r\n"

PAYPAY_COLUMNS = (
    "決済番号,加盟店ID,屋号,店舗ID,店舗名,端末番号/PosID,取引ステータス,取引日時,取引金額,レシート番号,支払い方法,マーチャント決済ID"
)
PAYPAY_ROWS = (
    "04620000000000000001,958667152543465472,晴天選物,S1,本店,,取引完了,2026/09/01 10:00:00,1200,,PayPay残高,QT260901-1",
    '04620000000000000002,958667152543465472,晴天選物,S1,"本店, 2階",,取引完了,2026/09/01 10:00:00,3480,,PayPayカード,QT260901-2',
    "04620000000000000003,958667152543465472,晴天選物,S1,本店,,取引失敗,2026/09/01 11:20:00,500,,PayPay残高,QT260901-3",
    "04620000000000000001,958667152543465472,晴天選物,S1,本店,,返金完了,2026/09/01 18:05:00,-200,,PayPay残高,QT260901-1",
)
PREAUTH_COLUMNS = (
    "orderId,merchantId,brandName,storeId,storeName,terminalId,transactionStatus,acceptedAt,amount,orderReceiptNumber,"
    "methodOfPayment,merchantPaymentId"
)
PREAUTH_ROWS = (
    "04620000000000000011,958667152543465472,晴天選物,S1,本店,T1,AUTHORIZED,2026-09-01 10:00:00,5000,,wallet,QT260901-8",
    "04620000000000000011,958667152543465472,晴天選物,S1,本店,T1,COMPLETED,2026-09-01 12:00:00,4800,,wallet,CAP260901-8",
    "04620000000000000011,958667152543465472,晴天選物,S1,本店,T1,REFUNDED,2026-09-01 20:00:00,300,,wallet,RF260901-8",
)

# 交易类型, 查询流水号, 商户订单号, 交易传输时间, 交易金额, 商户手续费, 结算金额, 原交易查询流水号, 原始交易订单号
ZM_ROWS = (
    ("01", "202609161537239842921", "QT2609161", "0916153723", 10_000, "D000000000060", "C000000009940", "", ""),
    ("01", "202609152330119842922", "QT2609152", "0915233011", 28_984, "D000000000174", "C000000028810", "", ""),
    (
        "04",
        "202609161601009842923",
        "RF260902R1",
        "0916160100",
        7_722,
        "C000000000046",
        "D000000007676",
        "202609021111119842900",
        "QT26090211",
    ),
)
# 上一笔交易日期时间, 上一笔交易系统跟踪号, 交易金额, 商户手续费, 结算金额
ZME_ROWS = (
    ("0820101500", "000777", 5_000, "C000000000000", "D000000005000"),
    ("0811091500", "000555", 1_200, "C000000000000", "C000000001200"),
)
SHOP_ID = "777290058110097"
SHOP = "晴天选物旗舰店"  # 7 characters, 14 bytes


def account(rows=ACCOUNT_ROWS, *, footer=ACCOUNT_FOOTER, columns=ACCOUNT_COLUMNS, encoding="gb18030") -> bytes:
    lines = [
        "#支付宝账务明细查询",
        "#账号：[20880217654321090156]",
        "#起始日期：[2026年09月16日 00:00:00]   终止日期：[2026年09月17日 00:00:00]",
        "#-----------------------------------------账务明细列表----------------------------------------",
        columns,
        *(account_row(*row) for row in rows),
        "#-----------------------------------------账务明细列表结束------------------------------------,,,,,,,",
    ]
    return ("\r\n".join(lines) + "\r\n" + footer).encode(encoding)


def account_row(number, trade, order, time, came, went, balance, word) -> str:
    return f'{number}\t,{trade}\t,{order}\t,"茶具,青瓷",{time},**雨(110******97)\t,{came},{went},{balance},支付宝,{word},'


def fundflow(rows=FUND_ROWS, *, summary=FUND_SUMMARY, columns=FUND_COLUMNS, encoding="utf-8-sig") -> bytes:
    return ("\r\n".join([columns, *rows]) + "\r\n" + summary).encode(encoding)


def paypay(rows=PAYPAY_ROWS, *, columns=PAYPAY_COLUMNS, encoding="cp932") -> bytes:
    return "\r\n".join([columns, *rows, ""]).encode(encoding)


def paypay_preauth(rows=PREAUTH_ROWS) -> bytes:
    return paypay(rows, columns=PREAUTH_COLUMNS)


def zm(rows=ZM_ROWS, *, gap: bytes = b" ", spare: int = 0) -> bytes:
    return b"".join(zm_line(*row, gap=gap, spare=spare) + b"\r\n" for row in rows)


def zm_line(kind, query, order, time, amount, fee, settled, of_query, of_order, *, gap=b" ", spare=0) -> bytes:
    values = {
        "交易代码": "S22", "代理机构标识码": "00049992", "发送机构标识码": "00049993", "系统跟踪号": query[14:20], "交易传输时间": time,
        "帐号": "621626*********0018", "交易金额": f"{amount:012}", "商户类别": "5311", "查询流水号": query, "商户订单号": order,
        "商户手续费": fee, "结算金额": settled, "交易类型": kind, "业务类型": "000201", "原交易查询流水号": of_query, "商户代码": SHOP_ID,
        "二级商户简称": SHOP, "清算净额": settled, "原始交易订单号": of_order,
    }  # fmt: skip
    return fixed(ZM, values, gap, spare)


def zme(rows=ZME_ROWS) -> bytes:
    return b"".join(zme_line(*row) + b"\r\n" for row in rows)


def zme_line(time, trace, amount, fee, settled) -> bytes:
    values = {
        "交易代码": "E74", "系统跟踪号": "000901", "交易传输时间": "0916120000", "帐号": "621626*********0018", "交易金额": f"{amount:012}",
        "上一笔交易系统跟踪号": trace, "上一笔交易日期时间": time, "上一笔交易清算日期": time[:4], "上一笔交易金额": f"{amount:012}",
        "商户手续费": fee, "结算金额": settled, "商户代码": "777290058110097",
    }  # fmt: skip
    return fixed(ZME, values, b" ", 0)


def fixed(fields, values: dict[str, str], gap: bytes, spare: int) -> bytes:
    """A line of fields filled up with blanks to their width in bytes of GBK."""
    widths = [*(width for _, width in fields[:-1]), fields[-1][1] + spare]
    cells = [values.get(name, "").encode("gb18030").ljust(width) for (name, _), width in zip(fields, widths, strict=True)]
    return gap.join(cells)


def archive(members: dict[str, bytes]) -> bytes:
    """A ZIP as UnionPay's file interface returns it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in members.items():
            packed.writestr(name, data)
    return buffer.getvalue()


USUAL = {
    "alipay/account": (account, "20880217654321090156_20260916_账务明细.csv", "Asia/Shanghai", "CNY"),
    "wechat/fundflow": (fundflow, "1900012345_Fundflow_BASIC_20260911.csv", "Asia/Shanghai", "CNY"),
    "paypay": (paypay, "transaction_958667152543465472_20260901_20260901.csv", "Asia/Tokyo", "JPY"),
    "paypay/preauth": (paypay_preauth, "preauth_transaction_958667152543465472_20260901_20260901.csv", "Asia/Tokyo", "JPY"),
    "unionpay": (zm, "INN26091688ZM_777290058110097", "Asia/Shanghai", "CNY"),
    "unionpay/errors": (zme, "INN26091688ZME_777290058110097", "Asia/Shanghai", "CNY"),
}

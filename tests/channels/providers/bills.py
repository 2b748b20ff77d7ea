"""Small statements built as the providers send them: a sale, a refund, a goods name with commas, true twins, wrapped ids."""

import io
import zipfile

from apps.channels.contracts import StatementFile
from tests.channels.providers import bills_abroad, bills_asia

ALIPAY_COLUMNS = (
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,"
    "订单金额（元）,商家实收（元）,支付宝红包（元）,"
    "集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,"
    "退款批次号/请求号,服务费（元）,分润（元）,备注"
)
ALIPAY_ROWS = (
    ("2026091622001474541900000003", "QT260916-1", "交易", "手工皂", "2026-09-16 09:25:30", "59.00", "", "-0.35"),
    ("2026091622001477878300000289", "QT260916-12", "交易", '"茶具套装,青瓷,礼盒"', "2026-09-16 11:06:03", "289.84", "", "-5.22"),
    ("2026091622001490679700000009", "QT260916-3", "交易", '"Ceramic cup, ""Qingtian"" blue"', "2026-09-16 15:24:55", "88.00", "", "-0.53"),
    ("2026090222001439261900000213", "QT260902-11", "退款", "香薰蜡烛", "2026-09-16 19:13:13", "-77.22", "RF26090211R1", "0.46"),
)
ALIPAY_FOOTER = "#交易合计：3笔，商家实收共436.84元，商家优惠共0.00元\r\n#退款合计：1笔，商家实收退款共-77.22元，商家优惠退款共0.00元\r\n"
WECHAT_COLUMNS = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,"
    "货币种类,应结订单金额,代金券金额,微信退款单号,"
    "商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注"
)
WECHAT_ROWS = (
    "`2026-09-11 21:39:27,`wx8888,`1900012345,`0,`,`4200073234202609110000000272,`QT260911-5,`oUp1,`JSAPI,"
    "`SUCCESS,`OTHERS,`CNY,`152.08,`0.00,`0,`0,"
    "`0.00,`0.00,`,`,`线香,沉香,20支,`,`0.91000,`0.60%,`152.08,`0.00,`",
    "`2026-09-11 21:40:27,`wx8888,`1900012345,`0,`,`4200073234202609110000000273,` QT260911-6 ,`oUp2,`NATIVE,"
    "`SUCCESS,`CFT,`CNY,`10.50,`0.00,`0,`0,"
    "`0.00,`0.00,`,`,`小物,`,`0.06300,`0.60%,`10.50,`0.00,`",
    "`2026-09-11 22:00:00,`wx8888,`1900012345,`0,`,`4200073234202609100000000111,`QT260910-1,`oUp3,`JSAPI,`REFUND,"
    "`CFT,`CNY,`0.00,`0.00,`503000001,"
    "`RF260910R1,`20.00,`0.00,`ORIGINAL,`SUCCESS,`小物,`,`-0.12000,`0.60%,`0.00,`20.00,`",
)
WECHAT_SUMMARY = (
    "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额\r\n"
    "`3,`162.58,`20.00,`0.00,`0.85300,`162.58,`20.00\r\n"
)
ECPAY_COLUMNS = (
    "訂單日期,廠商訂單編號,綠界訂單編號,付款方式,交易金額,手續費率(每筆),手續費,處理費,交易手續費,平台手續費,應收款項(淨額),撥款狀態"
)
ECPAY_ROWS = (
    "=2026-09-02 07:59:22,=QT26090213A1,=26090208012000000223,信用卡分期,=6979,=3.15%,=220,=5,=0,=0,=6754,已撥款",
    "=2026-09-02 15:44:08,=QT2609023A2,=26090215472200000039,信用卡,=6874,=2.75%,=189,=0,=0,=0,=6685,已撥款",
    "=2026-08-30 11:00:00,=QT2608301A1,=26083011472200000011,ATM櫃員機,=1000,=1%,=10,=0,=0,=0,=990,已撥款",
    "=2026-08-20 10:00:00,=QT2608201A1,=26082010000000000012,信用卡,=-2180,=2%,=-43.6,=0,=0,=0,=-2136.4,已撥款",
)
STRIPE_COLUMNS = (
    "automatic_payout_id,automatic_payout_effective_at,balance_transaction_id,created_utc,created,currency,gross,"
    "fee,net,reporting_category,source_id,"
    "description,automatic_payout_effective_at_utc,charge_id,payment_intent_id,payment_method_type,"
    "payment_metadata[merchant_ref],refund_metadata[refund_no]"
)
_PAID = "2026-09-09 00:00:00"
STRIPE_ROWS = (
    f'po_1,{_PAID},txn_1,2026-09-05 12:08:33,2026-09-05 12:08:33,usd,209.68,1.68,208.00,charge,ch_1,"青瓷茶杯,'
    f'一對",{_PAID},ch_1,pi_1,us_bank_account,QT260905-11.1,',
    f"po_1,{_PAID},txn_2,2026-09-05 13:01:10,2026-09-05 13:01:10,usd,99.00,3.17,95.83,charge,ch_2,Café,{_PAID},"
    f"ch_2,pi_2,card,QT260905-7.1,",
    f"po_1,{_PAID},txn_3,2026-09-06 13:01:10,2026-09-06 13:01:10,usd,-10.00,0.00,-10.00,refund,re_3,Café,{_PAID},"
    f"ch_2,pi_2,card,QT260905-7.1,RF1",
    f"po_1,{_PAID},txn_4,2026-09-07 00:00:00,2026-09-07 00:00:00,usd,-30.00,15.00,-45.00,dispute,du_4,,{_PAID},"
    f"ch_1,pi_1,card,QT260905-11.1,",
    f"po_1,{_PAID},txn_5,2026-09-07 00:00:00,2026-09-07 00:00:00,usd,-0.50,0.00,-0.50,fee,,Radar,{_PAID},,,,,",
)


def alipay(rows=ALIPAY_ROWS, *, footer=ALIPAY_FOOTER, account="20880217654321090156", encoding="gb18030", columns=ALIPAY_COLUMNS) -> bytes:
    lines = [
        "#支付宝业务明细查询",
        f"#账号：[{account}]",
        "#起始日期：[2026年09月16日 00:00:00]   终止日期：[2026年09月17日 00:00:00]",
        "#-----------------------------------------业务明细列表----------------------------------------",
        columns,
        *(_alipay_row(*row) for row in rows),
        "#-----------------------------------------业务明细列表结束------------------------------------",
    ]
    return ("\r\n".join(lines) + "\r\n" + footer).encode(encoding)


def _alipay_row(trade, order, kind, goods, time, amount, refund_no, fee) -> str:
    return (
        f"{trade}\t,{order}\t,{kind}\t,{goods},{time},{time},\t,\t,\t,\t,**雨(110******97)\t,{amount},{amount},0.00,"
        f"0.00,0.00,0.00,0.00,,0.00\t,0.00,"
        f"{refund_no}\t,{fee},0.00,"
    )


def zipped(**members: bytes) -> bytes:
    """A ZIP with GBK member names and without the UTF-8 flag, as Alipay makes it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            archive.writestr(_GbkName(f"20880217654321090156_20260916_{name}.csv"), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


class _GbkName(zipfile.ZipInfo):
    def _encodeFilenameFlags(self):
        return self.filename.encode("gbk"), self.flag_bits & ~0x800


def wechat(rows=WECHAT_ROWS, *, summary=WECHAT_SUMMARY, columns=WECHAT_COLUMNS, encoding="utf-8-sig") -> bytes:
    return ("\r\n".join([columns, *rows]) + "\r\n" + summary).encode(encoding)


def ecpay(rows=ECPAY_ROWS, *, columns=ECPAY_COLUMNS, encoding="cp950") -> bytes:
    return "\r\n".join([columns, *rows, ""]).encode(encoding)


def stripe(rows=STRIPE_ROWS, *, columns=STRIPE_COLUMNS) -> bytes:
    return "\n".join([columns, *rows, ""]).encode()


def code(kind: str) -> str:
    """Whose file a kind is: alipay/account is Alipay's."""
    return kind.partition("/")[0]


def file_of(provider: str, data: bytes | None = None, **changes) -> StatementFile:
    """A statement of the provider on its usual channel; other bytes, names or settings on request."""
    build, name, timezone, currency = USUAL[provider]
    values = {"name": name, "data": build() if data is None else data, "timezone": timezone, "currency": currency, **changes}
    return StatementFile(**values)


USUAL = {
    "alipay": (alipay, "20880217654321090156_20260916.csv", "Asia/Shanghai", "CNY"),
    "wechat": (wechat, "1900012345_All_20260911.csv", "Asia/Shanghai", "CNY"),
    "ecpay": (ecpay, "TradeNoAio_20260902.csv", "Asia/Taipei", "TWD"),
    "stripe": (stripe, "payout_reconciliation.itemized.5_20260909.csv", "UTC", "USD"),
    **bills_abroad.USUAL,
    **bills_asia.USUAL,
}

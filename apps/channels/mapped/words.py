"""Words that consoles use for the columns, kinds and states of their exports, in Chinese, Japanese and English. No Django here.

The first of a list is the surest. They are guesses to start from and decide nothing: a person sees what they do to the rows.
"""

from apps.channels.contracts import LineKind

CHANNEL_WORDS: dict[str, tuple[str, ...]] = {
    "time": (
        "交易時間", "交易日期", "付款時間", "付款日期", "交易时间", "支付时间", "付款时间", "完成时间", "取引日時",
        "決済日時", "取引日", "決済日",
        "transaction time", "transaction date", "payment time", "payment date", "paid at", "created at", "created",
        "datetime", "date", "time",
        "日期", "時間", "时间", "訂單日期", "訂單成立時間", "创建时间", "建立時間",
    ),
    "clock": ("交易時間", "時間", "时间", "交易时间", "付款時間", "取引時刻", "時刻", "time", "transaction time"),
    "merchant_ref": (
        "訂單編號", "商店訂單編號", "特店訂單編號", "廠商訂單編號", "商家訂單編號", "商戶訂單編號", "訂單號碼",
        "商户订单号", "商户单号", "商户订单编号", "订单编号",
        "订单号", "注文番号", "加盟店取引id", "マーチャント決済id", "merchant order no", "merchant order id",
        "merchant reference", "order number", "order no",
        "order id", "order", "invoice", "reference",
    ),
    "provider_ref": (
        "交易序號", "平台交易編號", "平台訂單編號", "交易編號", "支付單號", "金流交易編號", "交易號", "平台订单号",
        "交易流水号", "流水号", "交易号", "订单流水号",
        "決済番号", "取引番号", "決済id", "取引id", "transaction id", "transaction no", "trade no", "payment id",
        "charge id", "payment intent",
    ),
    "type": (
        "交易類型", "交易類別", "交易別", "類型", "業務類型", "交易类型", "业务类型", "类型", "取引種別", "取引区分",
        "種別", "transaction type", "type", "kind",
    ),
    "status": (
        "交易狀態", "付款狀態", "訂單狀態", "狀態", "交易状态", "支付状态", "订单状态", "状态", "取引ステータス",
        "ステータス", "status", "state",
    ),
    "gross": (
        "交易金額", "付款金額", "訂單金額", "消費金額", "金額", "交易金额", "订单金额", "支付金额", "金额", "取引金額",
        "決済金額", "取引額",
        "transaction amount", "payment amount", "gross amount", "gross", "amount", "total",
    ),
    "money_in": ("收入金額", "收入", "存入金額", "收款金額", "收入金额", "入金額", "入金", "money in", "credit", "paid in", "in"),
    "money_out": ("支出金額", "支出", "退款金額", "支出金额", "退款金额", "出金額", "出金", "money out", "debit", "paid out", "out"),
    "mark": ("收支別", "收支", "收付別", "借貸別", "收支类型", "借贷标志", "收付", "入出金区分", "dr/cr", "direction", "in/out"),
    "fee": (
        "手續費", "交易手續費", "服務費", "處理費", "手续费", "交易手续费", "服务费", "決済手数料", "手数料", "利用料",
        "processing fee", "fee", "fees", "commission", "mdr",
    ),
    "net": (
        "淨額", "實收金額", "撥款金額", "入帳金額", "應撥金額", "實撥金額", "净额", "实收金额", "结算金额", "到账金额",
        "入金予定額", "振込金額", "支払金額",
        "net amount", "net", "settlement amount", "payout amount",
    ),
    "currency": ("幣別", "幣種", "币种", "货币", "货币种类", "通貨", "currency", "ccy"),
    "method": (
        "付款方式", "支付方式", "付款工具", "支付工具", "收款方式", "支付渠道", "支払い方法", "決済方法", "payment method",
        "method", "channel",
    ),
    "provider_refund_ref": ("退款序號", "退款交易編號", "退款交易號", "退款单号", "退款流水号", "返金番号", "refund id"),
    "refund_ref": (
        "退款編號", "商家退款編號", "商户退款单号", "退款订单号", "退款單號", "返金注文番号", "refund no", "refund number",
        "refund reference",
    ),
    "payout_ref": ("撥款批號", "撥款編號", "撥款單號", "结算批次号", "结算单号", "振込番号", "payout id", "settlement id", "batch id"),
    "payout_on": (
        "撥款日期", "撥款日", "預計撥款日", "入帳日期", "结算日期", "到账日期", "振込日", "入金日", "payout date",
        "settlement date", "settled at",
    ),
}  # fmt: skip
BANK_WORDS: dict[str, tuple[str, ...]] = {
    "date": (
        "交易日期", "記帳日期", "帳務日期", "記帳日", "交易日", "记账日期", "交易时间", "入账日期", "取引日", "日期",
        "日付", "booking date", "transaction date",
        "posting date", "date",
    ),
    "value_date": ("起息日", "計息日", "起息日期", "計息日期", "生效日", "起算日", "value date"),
    "debit": (
        "支出金額", "支出", "提款金額", "提出", "借方金額", "支出金额", "借方金额", "取款金额", "出金金額", "お支払金額",
        "お引出し", "debit amount", "debit", "withdrawal", "paid out",
    ),
    "credit": (
        "存入金額", "存入", "收入金額", "貸方金額", "收入金额", "贷方金额", "存款金额", "入金金額", "お預り金額",
        "お預入れ", "credit amount", "credit", "deposit", "paid in",
    ),
    "amount": ("交易金額", "異動金額", "金額", "交易金额", "发生额", "金额", "取引金額", "amount", "transaction amount"),
    "mark": ("借貸別", "借貸", "收支別", "借贷标志", "收支", "入払区分", "dr/cr", "debit/credit", "indicator"),
    "balance": ("餘額", "帳戶餘額", "結餘", "結存", "账户余额", "余额", "差引残高", "残高", "running balance", "balance"),
    "memo": (
        "摘要", "備註", "附言", "交易摘要", "附註", "說明", "存摺摘要", "备注", "用途", "对方户名", "摘要内容",
        "お取引内容", "備考", "description", "memo", "remark", "details", "narrative", "payee",
    ),
    "reference": ("交易序號", "序號", "流水號", "票據號碼", "交易流水号", "流水号", "凭证号", "取引番号", "reference", "transaction id"),
    "currency": ("幣別", "幣種", "币种", "货币", "通貨", "currency", "ccy"),
}  # fmt: skip
TYPE_WORDS = {
    LineKind.REFUND: ("退款", "退貨", "退货", "退費", "退费", "返金", "取消授權", "refund", "refunded", "return", "reversal"),
    LineKind.DISPUTE: ("爭議", "争议", "拒付", "チャージバック", "chargeback", "dispute"),
    LineKind.FEE: ("手續費", "手续费", "月費", "月费", "年費", "服務費", "服务费", "手数料", "fee", "charges"),
    LineKind.PAYOUT: ("撥款", "提領", "提现", "提款", "结算", "結算", "振込", "payout", "withdrawal", "transfer"),
    LineKind.ADJUSTMENT: ("調整", "调整", "調帳", "调账", "補款", "扣款", "adjustment"),
    LineKind.PAYMENT: (
        "付款", "支付", "消費", "消费", "交易", "收款", "銷售", "销售", "請款", "購買", "决済", "決済", "売上", "取引",
        "payment", "sale", "charge", "purchase", "capture", "paid",
    ),
}  # fmt: skip
NO_MONEY = (
    "失敗", "取消", "未付款", "未支付", "待付款", "處理中", "处理中", "失败", "关闭", "關閉", "逾期", "過期", "授權失敗",
    "作廢", "作废", "キャンセル", "未決済",
    "failed", "cancelled", "canceled", "pending", "expired", "declined", "void", "unpaid",
)  # fmt: skip
IN_WORDS = ("收入", "收", "入", "存", "存入", "貸", "贷", "入金", "in", "credit", "cr", "c", "+")
OUT_WORDS = ("支出", "支", "出", "付", "提", "借", "出金", "out", "debit", "dr", "d", "-")
TOTALS = ("合計", "總計", "总计", "合计", "小計", "小计", "總額", "总额", "total", "sum", "subtotal")
SYMBOLS = ("NT$", "US$", "HK$", "S$", "RMB", "CNY", "TWD", "USD", "JPY", "$", "¥", "￥", "€", "£", "元", "円")

WORDS = {"channel": CHANNEL_WORDS, "bank": BANK_WORDS}

"""Who works in the practice shop, what they say, and how they have closed the older differences. Sample data, in the shop's language."""

from apps.merchants.enums import Role
from apps.settlements.enums import Kind, Resolution

DOMAIN = "demo.hezhang.example"
PASSWORD = "warm-tea-and-clear-books"  # noqa: S105  printed for whoever tries the product; `demo --password` takes another
# Role → (name, language is always the shop's). Staff run the platform and are in no shop.
MEMBERS = {
    Role.OWNER: "林暖陽",
    Role.ACCOUNTANT: "陳雅婷",
    Role.APPROVER: "吳承恩",
    Role.OPERATOR: "黃小禾",
    Role.VIEWER: "周會計師事務所",
}
STAFF = "合帳客服"

ANSWERS = {
    Kind.MISSING_AT_PROVIDER: (Resolution.CLAIMED, "已向通道查單，對方確認漏列，補在次月對帳單。"),
    Kind.MISSING_IN_BOOKS: (Resolution.BOOKS_CORRECTED, "門市當天斷線，訂單補登入帳。"),
    Kind.AMOUNT_MISMATCH: (Resolution.BOOKS_CORRECTED, "客服改價後未同步，已更正訂單金額。"),
    Kind.FEE_MISMATCH: (Resolution.CLAIMED, "費率與合約不符，已附合約向通道申請退差額。"),
    Kind.CURRENCY_MISMATCH: (Resolution.BOOKS_CORRECTED, "匯入時幣別選錯，已更正。"),
    Kind.STATUS_MISMATCH: (Resolution.BOOKS_CORRECTED, "付款通知未送達，訂單已改為已付款並出貨。"),
    Kind.DUPLICATE_LINE: (Resolution.CLAIMED, "通道重複列帳，已通知扣回。"),
    Kind.DUPLICATE_PAYMENT: (Resolution.EXPLAINED, "客人重複付款，已從通道後台退回一筆。"),
    Kind.REFUND_MISSING_AT_PROVIDER: (Resolution.CLAIMED, "退款卡在通道，已請對方補執行。"),
    Kind.REFUND_MISSING_IN_BOOKS: (Resolution.BOOKS_CORRECTED, "同事直接在通道後台退款，已補登退款單。"),
    Kind.REFUND_AMOUNT_MISMATCH: (Resolution.BOOKS_CORRECTED, "運費未退，退款單金額已更正。"),
    Kind.DISPUTE_MISSING_IN_BOOKS: (Resolution.EXPLAINED, "持卡人否認交易，已提交出貨證明，結果見爭議款。"),
    Kind.LATE_SETTLEMENT: (Resolution.EXPLAINED, "通道系統維護延後撥款，款項已到。"),
    Kind.PAYOUT_MISSING_IN_BANK: (Resolution.CLAIMED, "銀行退匯，通道已重新撥款。"),
    Kind.BANK_AMOUNT_MISMATCH: (Resolution.CLAIMED, "跨行手續費被扣，已請通道補足。"),
    Kind.UNEXPECTED_BANK_LINE: (Resolution.EXPLAINED, "通道的活動補貼，憑證已收到。"),
    Kind.STATEMENT_GAP: (Resolution.CLAIMED, "當日對帳單已向通道申請補發。"),
    Kind.STATEMENT_TOTAL_MISMATCH: (Resolution.EXPLAINED, "合計列含前日調整，明細逐筆相符。"),
}
WHY_A_CENT = "匯率換算的尾差，一分以內接受。"
ANY_ANSWER = (Resolution.EXPLAINED, "已查明，毋須調整。")
COMMENTS = ("已寄信給通道，等回覆。", "請先對照出貨單，下午我再看。", "客人說只付了一次，我去查刷卡紀錄。")


def email(role: str) -> str:
    return f"{role}@{DOMAIN}"

"""Bytes of a file nobody has described yet as text: which encoding they are most likely in. No Django here."""

import codecs

from apps.channels.contracts import FileRefused
from apps.channels.mapped.opening import opened

CANDIDATES = ("cp950", "gb18030", "cp932")
LOOKED_AT = 64 * 1024  # bytes; enough to tell, whatever the size of the file
MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
# Characters of headings and of everyday words, by the script that uses them; those of several scripts prove nothing and are left out.
TRADITIONAL = (
    "訂單編號時間金額幣別續費實際總計筆數餘額帳戶狀態類備註銷貨來轉摘項動"
    "發業務會員綠銀與雜網產開關們個對匯櫃繳費區臺灣縣應該點線據證顧購買賣"
)
SIMPLIFIED = (
    "订单编号时间金额币种续费实际总计笔数余额账户状态类备注销货来转摘项动"
    "发业务会员绿银与杂网产开关们个对汇柜缴费区台湾县应该点线据证顾购买卖"
)
JAPANESE = (
    "のはをがにでとしたさいうえおアイウエオカキクケコサシスセソタチツテトナニネノハヒフヘホマミムメモヤユヨラリルレロワンー決"
    "済取引額払込残高円摘要"
)
_SIGNS = {
    "cp950": frozenset(TRADITIONAL) - frozenset(SIMPLIFIED),
    "gb18030": frozenset(SIMPLIFIED) - frozenset(TRADITIONAL),
    "cp932": frozenset(JAPANESE) - frozenset(TRADITIONAL) - frozenset(SIMPLIFIED),
}
_COMMON = frozenset("交易日期金額号期付款方式序收入支出存摘要商店名位元月年上下午合計退刷卡号码手机")


def encoding_of(data: bytes) -> str:
    """The most likely encoding: by the mark, by zero bytes, as UTF-8, else the one that yields the most telling characters."""
    for mark, name in MARKS.items():
        if data.startswith(mark):
            return name
    head = data[:LOOKED_AT]
    if head[1:200:2].count(0) > len(head[:200]) // 4:
        return "utf-16-le"
    if head[0:200:2].count(0) > len(head[:200]) // 4:
        return "utf-16-be"
    if _decodes(head, "utf-8"):
        return "utf-8"
    found = {name: score for name in CANDIDATES if (score := _score(head, name)) is not None}
    return max(found, key=found.get) if found else "utf-8"


def text_of(data: bytes, encoding: str = "") -> str:
    """The text of a delivered table, with the encoding given or the most likely one. Never raises."""
    try:
        table = opened(data)
    except FileRefused:
        return data.decode("utf-8", "replace")
    name = table.encoding or encoding or encoding_of(table.data)
    try:
        codecs.lookup(name)
    except LookupError:
        name = "utf-8"
    return table.data.decode("utf-8-sig" if name == "utf-8" else name, "replace")


def _decodes(head: bytes, encoding: str) -> bool:
    """Whether the head is text in the encoding; a character cut at its very end is no fault."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        decoder.decode(head, final=len(head) < LOOKED_AT)
    except UnicodeError:
        return False
    return True


def _score(head: bytes, encoding: str) -> float | None:
    """Telling characters less strange ones, per character beyond ASCII; None where the bytes are no such text."""
    if not _decodes(head, encoding):
        return None
    text = head.decode(encoding, "ignore")
    wide = [sign for sign in text if ord(sign) > 127]
    if not wide:
        return 0.0
    own = sum(sign in _SIGNS[encoding] for sign in wide)
    common = sum(sign in _COMMON for sign in wide)
    # Half-width kana, private use and rare extensions: what one encoding makes of another's bytes.
    strange = sum("\uff61" <= sign <= "\uff9f" or "\ue000" <= sign <= "\uf8ff" or "\u3400" <= sign <= "\u4dbf" for sign in wide)
    return (2 * own + common - 3 * strange) / len(wide)

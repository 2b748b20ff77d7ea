"""Where the fields of UnionPay's ZM (trades) and ZME (errors: chargebacks and corrections) files stand. Widths are bytes of GBK.

Files of one line length have a byte between the fields, files of another have none; the reserved field at the end grew by a byte once.
"""

from dataclasses import dataclass
from itertools import accumulate

ZM = (
    ("交易代码", 3), ("代理机构标识码", 11), ("发送机构标识码", 11), ("系统跟踪号", 6), ("交易传输时间", 10), ("帐号", 19),
    ("交易金额", 12),
    ("商户类别", 4), ("终端类型", 2), ("查询流水号", 21), ("支付方式(旧)", 2), ("商户订单号", 32), ("支付卡类型", 2),
    ("原始交易系统跟踪号", 6), ("原始交易日期时间", 10), ("商户手续费", 13), ("结算金额", 13), ("支付方式", 4), ("集团商户代码", 15),
    ("交易类型", 2), ("交易子类", 2), ("业务类型", 6), ("帐号类型", 2), ("账单类型", 4), ("账单号码", 32), ("交互方式", 1),
    ("原交易查询流水号", 21), ("商户代码", 15), ("分账入账方式", 1), ("二级商户代码", 15), ("二级商户简称", 32),
    ("二级商户分账入账金额", 13), ("清算净额", 13), ("终端号", 8), ("商户自定义域", 32), ("优惠金额", 13), ("发票金额", 13),
    ("分期附加手续费", 12), ("分期期数", 2), ("交易介质", 1), ("原始交易订单号", 32), ("保留", 98),
)  # fmt: skip
ZME = (
    ("交易代码", 3), ("代理机构标识码", 11), ("发送机构标识码", 11), ("系统跟踪号", 6), ("交易传输时间", 10), ("帐号", 19),
    ("交易金额", 12),
    ("商户类别", 4), ("终端类型", 2), ("支付卡类型", 2), ("上一笔交易系统跟踪号", 6), ("上一笔交易日期时间", 10),
    ("上一笔交易清算日期", 4), ("上一笔交易金额", 12), ("商户手续费", 13), ("结算金额", 13), ("集团商户代码", 15), ("商户代码", 15),
    ("分账清算标识", 1), ("分期附加手续费", 12), ("分期期数", 2), ("保留", 135),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Layout:
    """One way in which a file may be cut. `gap` bytes stand between two fields."""

    code: str  # zm or zme
    fields: tuple[tuple[str, int], ...]
    gap: int
    spare: int = 0  # bytes by which the last field is longer than listed

    @property
    def length(self) -> int:
        """The bytes of a line, without its end."""
        return sum(width for _, width in self.fields) + self.gap * (len(self.fields) - 1) + self.spare

    @property
    def places(self) -> dict[str, tuple[int, int]]:
        """Field → where it begins, and how many bytes it has."""
        starts = accumulate((width + self.gap for _, width in self.fields), initial=0)
        return {name: (start, width) for (name, width), start in zip(self.fields, starts, strict=False)}

    @property
    def gaps(self) -> tuple[int, ...]:
        """The bytes between two fields."""
        return tuple(start - 1 for start, _ in list(self.places.values())[1:]) if self.gap else ()


LAYOUTS = tuple(Layout(code, fields, gap, spare) for code, fields in (("zm", ZM), ("zme", ZME)) for gap in (1, 0) for spare in (0, 1))


def layout_of(length: int, code: str = "") -> Layout | None:
    """The layout whose lines have so many bytes."""
    return next((layout for layout in LAYOUTS if layout.length == length and code in ("", layout.code)), None)

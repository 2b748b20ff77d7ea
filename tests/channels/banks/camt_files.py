"""A small camt.053 that tests vary: two bookings, one pending, a batch of two."""

import re

from apps.channels.contracts import StatementFile

SPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
CREDIT = """<Ntry>
<Amt Ccy="EUR">120.50</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
<BookgDt><Dt>2026-09-02</Dt></BookgDt><ValDt><Dt>2026-09-03</Dt></ValDt><AcctSvcrRef>B0001</AcctSvcrRef>
<NtryDtls><TxDtls><Refs><EndToEndId>PO-17</EndToEndId></Refs>
<RltdPties><Dbtr><Pty><Nm>PAYCO B.V.</Nm></Pty></Dbtr></RltdPties><RmtInf><Ustrd>PO-17 batch 3</Ustrd></RmtInf></TxDtls></NtryDtls>
</Ntry>
"""
RENT = """<Ntry>
<Amt Ccy="EUR">900</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
<BookgDt><DtTm>2026-09-03T23:30:00+02:00</DtTm></BookgDt>
<NtryDtls><TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs>
<RltdPties><Cdtr><Nm>Landlord</Nm></Cdtr></RltdPties><RmtInf><Ustrd>Rent</Ustrd><Ustrd>September</Ustrd></RmtInf></TxDtls></NtryDtls>
</Ntry>
"""
BATCH = """<Ntry>
<Amt Ccy="EUR">30.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts>
<BookgDt><Dt>2026-09-04</Dt></BookgDt><AcctSvcrRef>B0003</AcctSvcrRef>
<NtryDtls><Btch><PmtInfId>RUN-9</PmtInfId></Btch>
<TxDtls><Refs><EndToEndId>A-1</EndToEndId></Refs><Amt Ccy="EUR">10.25</Amt></TxDtls>
<TxDtls><Refs><EndToEndId>A-2</EndToEndId></Refs><AmtDtls><TxAmt><Amt Ccy="EUR">19.75</Amt></TxAmt></AmtDtls></TxDtls></NtryDtls>
</Ntry>
"""
PENDING = """<Ntry>
<Amt Ccy="EUR">77.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>PDNG</Cd></Sts>
</Ntry>
"""


def balance(code: str, amount: str, day: str, mark: str = "CRDT", currency: str = "EUR") -> str:
    return (
        f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="{currency}">{amount}</Amt>'
        f"<CdtDbtInd>{mark}</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>\n"
    )


def statement(*entries: str, account: str = "NL91INGB0001234567", currency: str = "EUR", opening: str = "1000.00", closing: str = "250.50"):
    return (
        f"<Stmt>\n<Id>S-1</Id>\n<FrToDt><FrDtTm>2026-09-01T00:00:00</FrDtTm><ToDtTm>2026-10-01T00:00:00</ToDtTm></FrToDt>\n"
        f"<Acct><Id><IBAN>{account}</IBAN></Id><Ccy>{currency}</Ccy></Acct>\n"
        + balance("OPBD", opening, "2026-09-01", currency=currency)
        + balance("CLBD", closing, "2026-09-30", currency=currency)
        + "".join(entries)
        + "</Stmt>\n"
    )


def document(*statements: str, space: str = SPACE) -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{space}">\n<BkToCstmrStmt>\n<GrpHdr><MsgId>M-1</MsgId></GrpHdr>\n'
        + "".join(statements)
        + "</BkToCstmrStmt>\n</Document>\n"
    )


CAMT = document(statement(CREDIT, RENT, BATCH, PENDING))
ONE_LINE = re.sub(r"\n", "", CAMT)


def camt(text: str | bytes = CAMT, *, name: str = "x.xml", account: str = "NL91INGB0001234567", currency: str = "EUR") -> StatementFile:
    return StatementFile(name, text if isinstance(text, bytes) else text.encode(), "Europe/Amsterdam", currency, account, {})

from datetime import date

import pytest
from hypothesis import given

from apps.channels.banks.camt import parse, text
from apps.channels.contracts import BANK_SCHEMA, FileRefused, Note, NoteCode, Refusal, Reject
from tests.channels.banks.camt_files import BATCH, CAMT, CREDIT, ONE_LINE, PENDING, RENT, SPACE, balance, camt, document, statement
from tests.channels.banks.files import MUTATIONS, SEEDS, mutated


def refusal(file):
    with pytest.raises(FileRefused) as refused:
        parse(file)
    return refused.value.code, refused.value.params


def one(entry, *, opening="0", closing="0"):
    return parse(camt(document(statement(entry, opening=opening, closing=closing))))


def test_booked_entries_become_lines_and_pending_ones_a_note():
    bank = parse(camt())

    assert dict(bank.lines.schema) == BANK_SCHEMA
    assert bank.lines.select("row_no", "booked_on", "value_on", "amount", "reference", "memo").rows() == [
        (11, date(2026, 9, 2), date(2026, 9, 3), 12_050, "PO-17", "PAYCO B.V. PO-17 batch 3"),
        (17, date(2026, 9, 3), date(2026, 9, 3), -90_000, "", "Landlord Rent September"),
        (27, date(2026, 9, 4), date(2026, 9, 4), 1_025, "A-1", ""),
        (28, date(2026, 9, 4), date(2026, 9, 4), 1_975, "A-2", ""),
    ]
    assert (bank.account, bank.currency, bank.opening, bank.closing) == ("NL91INGB0001234567", "EUR", 100_000, 25_050)
    assert [(total.stated, total.computed) for total in bank.totals] == [(25_050, 25_050)]
    assert (bank.first_day, bank.last_day, bank.breaks, bank.rows_in) == (date(2026, 9, 1), date(2026, 9, 30), (), 4)
    assert bank.notes == (Note(NoteCode.PENDING, 1),)
    assert bank.layout == "camt.053.001.08"


def test_file_in_one_line_has_a_line_for_each_entry():
    bank, lines = parse(camt(ONE_LINE)), text(ONE_LINE.encode()).split("\n")

    assert bank.lines.drop("row_no").equals(parse(camt()).lines.drop("row_no"))
    assert [lines[row_no - 1][:7] for row_no in bank.lines["row_no"]] == ["<Ntry><", "<Ntry><", "<TxDtls", "<TxDtls"]
    assert bank.lines["row_no"].n_unique() == 4


@pytest.mark.parametrize("change", [
    lambda xml: xml.replace(SPACE, "urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"),
    lambda xml: xml.replace(f' xmlns="{SPACE}"', ""),
    lambda xml: xml.replace("<Document", "<Envelope><Body><Document").replace("</Document>", "</Document></Body></Envelope>"),
    lambda xml: xml.replace("</", "</n:").replace("<", "<n:").replace("<n:/n:", "</n:").replace("<n:?", "<?").replace("xmlns=", "xmlns:n="),
    lambda xml: xml.replace("<Id>S-1</Id>", "<Id>S-2</Id><ElctrncSeqNb>7</ElctrncSeqNb>"),
    lambda xml: xml.replace("\n", "\r\n"),
    lambda xml: xml.replace('encoding="UTF-8"', "").encode("utf-16"),
    lambda xml: xml.replace("UTF-8", "ISO-8859-1").encode("latin-1"),
])  # fmt: skip
def test_version_namespace_wrapping_and_encoding_change_nothing(change):
    assert parse(camt(change(CAMT))).lines.drop("row_no").equals(parse(camt()).lines.drop("row_no"))


@pytest.mark.parametrize(
    ("change", "amount"),
    [
        (("CRDT</CdtDbtInd>", "CRDT</CdtDbtInd><RvslInd>true</RvslInd>"), 12_050),  # the reversal of a debit: money comes back
        (("CRDT</CdtDbtInd>", "DBIT</CdtDbtInd><RvslInd>true</RvslInd>"), -12_050),
        (("120.50", "120.50000"), 12_050),
        (("120.50", "120.5"), 12_050),
        (("120.50", "120."), 12_000),
    ],
)
def test_signs_and_digits(change, amount):
    assert one(CREDIT.replace(*change, 1)).lines["amount"].to_list() == [amount]


@pytest.mark.parametrize(
    ("change", "code", "value"),
    [
        (("120.50", "120.50001"), Reject.EXCESS_DIGITS, "120.50001"),
        (("120.50", "1,120.50"), Reject.BAD_AMOUNT, "1,120.50"),
        (("120.50", "-120.50"), Reject.BAD_AMOUNT, "-120.50"),
        (("120.50", "1e3"), Reject.BAD_AMOUNT, "1e3"),
        (("120.50", "9" * 39), Reject.TOO_LARGE, "9" * 39),
        (('Ccy="EUR">120', 'Ccy="USD">120'), Reject.BAD_CURRENCY, "USD 120.50"),
        (("BOOK", "BOOKED"), Reject.UNKNOWN_TYPE, "BOOKED"),
        (("<Sts><Cd>BOOK</Cd></Sts>", ""), Reject.MISSING_VALUE, ""),
        (("CRDT", "CREDIT"), Reject.MISSING_VALUE, "CREDIT"),
        (("2026-09-02", "2026-09-31"), Reject.BAD_TIME, "2026-09-31"),
        (("2026-09-03", "03.09.2026"), Reject.BAD_TIME, "2026-09-02"),
    ],
)
def test_entry_that_cannot_be_read_is_rejected_with_its_line(change, code, value):
    bank = one(CREDIT.replace(*change, 1))

    assert [(found.row_no, found.code, found.value) for found in bank.rejections] == [(11, code, value)]
    assert (bank.lines.height, bank.rows_in) == (0, 1)


@pytest.mark.parametrize(
    "change",
    [
        ("10.25", "10.24"),  # the details do not add up
        ("10.25", "10.250001"),
        ('<Amt Ccy="EUR">10.25</Amt>', ""),
        ('Ccy="EUR">10.25', 'Ccy="USD">10.25'),
    ],
)
def test_batch_whose_details_do_not_add_up_is_one_line(change):
    bank = one(BATCH.replace(*change))

    assert bank.lines.select("row_no", "amount", "reference").rows() == [(11, 3_000, "RUN-9")]


def test_batch_of_both_ways_adds_up_with_its_signs():
    credit = '<Amt Ccy="EUR">40.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>'
    debit = '<Amt Ccy="EUR">10.00</Amt><CdtDbtInd>DBIT</CdtDbtInd>'
    bank = one(
        BATCH.replace('<Amt Ccy="EUR">10.25</Amt>', credit).replace('<AmtDtls><TxAmt><Amt Ccy="EUR">19.75</Amt></TxAmt></AmtDtls>', debit)
    )

    assert bank.lines["amount"].to_list() == [4_000, -1_000]


def test_exchange_structured_reference_and_reason_stand_in_the_memo():
    rate = "<CcyXchg><SrcCcy>USD</SrcCcy><XchgRate>0.8607</XchgRate></CcyXchg>"
    amounts = f'<AmtDtls><InstdAmt><Amt Ccy="USD">140.00</Amt>{rate}</InstdAmt></AmtDtls>'
    entry = CREDIT.replace("<EndToEndId>PO-17</EndToEndId>", "<TxId>T-5</TxId>").replace(
        "<RmtInf><Ustrd>PO-17 batch 3</Ustrd></RmtInf>",
        f"{amounts}<RmtInf><Strd><CdtrRefInf><Ref>RF18</Ref></CdtrRefInf><AddtlRmtInf>fee</AddtlRmtInf></Strd></RmtInf>"
        "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>",
    )

    assert one(entry).lines.select("reference", "memo").row(0) == ("RF18", "PAYCO B.V. RF18 fee AC04 USD 140.00 @ 0.8607")


def test_statements_follow_each_other_whatever_their_order():
    first = statement(CREDIT, opening="1000", closing="1120.50")
    second = statement(RENT, opening="1120.50", closing="220.50")

    for order in ((first, second), (second, first)):
        bank = parse(camt(document(*order)))
        assert (bank.opening, bank.closing, bank.breaks) == (100_000, 22_050, ())
    assert parse(camt(document(first, second.replace("1120.50", "1120.51")))).breaks == (22,)


def test_balances_that_do_not_tie_are_flagged_and_not_refused():
    wrong = parse(camt(CAMT.replace("250.50", "250.51")))
    missing = parse(camt(CAMT.replace(balance("CLBD", "250.50", "2026-09-30"), "\n")))
    foreign = parse(camt(CAMT.replace('Ccy="EUR">250.50', 'Ccy="SEK">250.50')))

    assert [(total.stated, total.computed) for total in wrong.totals] == [(25_051, 25_050)]
    assert (missing.closing, missing.breaks, missing.totals, missing.lines.height) == (None, (5,), (), 4)
    assert (foreign.closing, foreign.breaks, foreign.lines.height) == (None, (10,), 4)


def test_pages_of_one_statement_meet_at_interim_balances():
    first = statement(CREDIT, closing="1120.50").replace("CLBD", "ITBD")
    second = statement(RENT, opening="1120.50", closing="220.50").replace("OPBD", "ITBD")

    bank = parse(camt(document(first, second)))

    assert (bank.opening, bank.closing, bank.breaks) == (100_000, 22_050, ())


def test_sums_the_bank_states_are_checked():
    summary = "<TxsSummry><TtlCdtNtries><NbOfNtries>{}</NbOfNtries><Sum>{}</Sum></TtlCdtNtries></TxsSummry>\n<Ntry>"

    right = parse(camt(CAMT.replace("<Ntry>", summary.format(3, "227.50"), 1)))
    wrong = parse(camt(CAMT.replace("<Ntry>", summary.format(4, "227.51"), 1)))

    assert [total.agrees for total in right.totals] == [True, True, True]
    assert [(total.stated, total.computed, total.unit) for total in wrong.totals[1:]] == [(4, 3, "count"), (22_751, 22_750, "minor")]


def test_other_accounts_and_currencies_of_a_file_are_named():
    foreign = statement(CREDIT.replace("EUR", "USD"), currency="USD")
    other = statement(CREDIT, account="NL02OTHR0000000001")
    both = document(other, foreign, statement(CREDIT, opening="0", closing="120.50"))

    bank = parse(camt(both))

    assert (bank.lines.height, bank.opening) == (1, 0)
    assert bank.notes == (Note(NoteCode.OTHER_ACCOUNTS, 2, "NL02OTHR0000000001 EUR, NL91INGB0001234567 USD"),)
    assert refusal(camt(both, account=""))[0] == Refusal.OTHER_ACCOUNT
    assert refusal(camt(account="NL77ABNA0574908765")) == (
        Refusal.OTHER_ACCOUNT, {"expected": "NL77ABNA0574908765", "found": "NL91INGB0001234567"}
    )  # fmt: skip
    assert refusal(camt(currency="USD")) == (Refusal.OTHER_CURRENCY, {"expected": "USD", "found": "EUR"})


def test_masked_account_number_of_the_settings_fits():
    assert parse(camt(account="****4567")).lines.height == 4


def test_row_is_known_by_the_banks_reference_and_not_by_its_texts():
    def hashes(xml):
        return parse(camt(xml)).lines["row_hash"].to_list()

    usual = hashes(CAMT)
    assert len(set(usual)) == 4
    assert hashes(CAMT.replace("PO-17 batch 3", "other words").replace("<Id>S-1</Id>", "<Id>S-9</Id>")) == usual
    assert hashes(CAMT.replace(">B0001", ">B0002"))[0] != usual[0]
    assert hashes(CAMT.replace("September", "October"))[1] != usual[1]  # no reference of the bank: every word counts


def declaring(what, use=""):
    return CAMT.replace("<Document", f"{what}\n<Document").replace("PO-17 b", f"{use} b")


@pytest.mark.parametrize(
    ("xml", "reason"),
    [
        (declaring('<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>', "&e;"), "entities"),
        (declaring('<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;&a;">]>', "&b;"), "entities"),
        (declaring('<!doctype x SYSTEM "http://127.0.0.1:9/x.dtd">'), "entities"),
        (CAMT.replace("PO-17 b", "&unknown; b"), "xml"),
        (CAMT.replace("</Ntry>", "</Stmt>", 1), "xml"),
        (CAMT.replace("Rent", "R\x00nt"), "xml"),
    ],
    ids=["file", "laughs", "network", "undefined", "crossed", "nul"],
)
def test_hostile_and_broken_xml_is_refused(xml, reason):
    code, params = refusal(camt(xml))

    assert (code, params["reason"]) == (Refusal.BAD_FORMAT, reason)
    assert refusal(camt(xml.replace("UTF-8", "utf-16").encode("utf-16"))) == (code, params)


def test_refusals_say_why_and_where():
    assert refusal(camt(b" \n"))[0] == Refusal.EMPTY
    assert refusal(camt(CAMT[: CAMT.index("<AcctSvcrRef>B0003")])) == (Refusal.CUT_SHORT, {"row": 25, "wanted": "</Document>"})
    assert refusal(camt(CAMT.encode().replace(b"Rent", b"R\xe9nt")))[1] == {"row": 21, "encodings": ["utf-8"]}
    assert refusal(camt(CAMT.replace("UTF-8", "utf-7")))[1] == {"row": 1, "encodings": ["utf-7"]}
    assert refusal(camt("<x/>")) == (Refusal.OTHER_REPORT, {"found": "x", "wanted": "camt.053"})
    pain = '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt/></Document>'
    assert refusal(camt(pain)) == (Refusal.OTHER_REPORT, {"found": "pain.002.001.10", "wanted": "camt.053"})
    assert refusal(camt(document())) == (Refusal.BAD_FORMAT, {"row": 3, "reason": "no Stmt"})
    assert refusal(camt(CAMT.replace("<IBAN>NL91INGB0001234567</IBAN>", "")))[1] == {"row": 5, "reason": "Acct: Id, Ccy"}


def test_statement_without_entries_reports_its_days():
    bank = parse(camt(document(statement(PENDING, closing="1000.00"))))

    assert (bank.lines.height, bank.opening, bank.closing) == (0, 100_000, 100_000)
    assert (bank.first_day, bank.last_day) == (date(2026, 9, 1), date(2026, 9, 30))


@MUTATIONS
@given(SEEDS)
def test_injured_files_are_refused_flagged_or_of_the_same_sum(seed):
    try:
        bank = parse(camt(mutated(CAMT.encode(), seed)))
    except FileRefused:
        return

    assert bank.rows_in == bank.lines.height + len(bank.rejections)
    if not bank.rejections and not bank.breaks and all(total.agrees for total in bank.totals):
        assert sum(bank.lines["amount"]) == -74_950
        assert bank.opening + sum(bank.lines["amount"]) == bank.closing


@pytest.mark.parametrize(
    ("body", "part", "layout"), [("BkToCstmrAcctRpt", "Rpt", "camt.052.001.08"), ("BkToCstmrDbtCdtNtfctn", "Ntfctn", "camt.054.001.08")]
)
def test_reports_and_notices_bring_bookings_and_no_balances(body, part, layout):
    xml = CAMT.replace("BkToCstmrStmt", body).replace("Stmt>", f"{part}>").replace("camt.053.001.08", layout)

    bank = parse(camt(xml))

    assert (bank.is_final, bank.layout, bank.opening, bank.closing, bank.breaks, bank.totals) == (False, layout, None, None, (), ())
    assert bank.lines.equals(parse(camt()).lines)

"""Workbooks made to do harm: each is a Kopilot workbook with one thing in it that no honest program writes."""

# ruff: noqa: E501 - a table of cases, of which each is a line
from __future__ import annotations

import io
import re
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from tests.safety.child import REFRESHED
from tests.safety.workbooks import MAIN, OFFICE, Parts, part_of

Make = Callable[[Parts, Path], Parts | bytes]
"""Gets the parts of a workbook and a file that nobody may read; returns other parts, or the file's bytes."""

SHEET, STRINGS, WORKBOOK, TYPES = (
    "xl/worksheets/sheet1.xml",
    "xl/sharedStrings.xml",
    "xl/workbook.xml",
    "[Content_Types].xml",
)
_RELS = "xl/_rels/workbook.xml.rels"
_MB = 1024**2


def zipped(parts: Parts, more: list[tuple[str, bytes]] | None = None) -> bytes:
    output = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about doubled names
        with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in [*parts.items(), *(more or [])]:
                archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return output.getvalue()


def with_bomb(parts: Parts, name: str, megabytes: int, declared: int | None) -> bytes:
    """Return a workbook one of whose parts unpacks to so many megabytes of blanks, whatever size it declares."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    chunk = packer.compress(b" " * _MB) + packer.flush(zlib.Z_FULL_FLUSH)
    again = zlib.compressobj(9, zlib.DEFLATED, -15)
    again.compress(b" " * _MB)
    packed = chunk * megabytes + zlib.compressobj(9, zlib.DEFLATED, -15).flush()
    data = bytearray(zipped({**parts, name: b"BOMB-IS-HERE"}))
    # The entry is written anew by hand, at the end of the others, since no library writes such a one.
    size = megabytes * _MB if declared is None else declared
    end = data.rindex(b"PK\5\6")
    (directory,) = struct.unpack_from("<L", data, end + 16)
    entry = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 8, 0, 33, 0, len(packed), size, len(name), 0)
    entry += name.encode() + packed
    records, position = bytearray(data[directory:end]), 0
    while position < len(records):
        length, extra, comment = struct.unpack_from("<3H", records, position + 28)
        if records[position + 46 : position + 46 + length] == name.encode():
            struct.pack_into("<3L", records, position + 16, 0, len(packed), size)
            struct.pack_into("<L", records, position + 42, directory)
        position += 46 + length + extra + comment
    tail = bytearray(data[end:])
    struct.pack_into("<L", tail, 16, directory + len(entry))
    return bytes(data[:directory]) + entry + bytes(records) + bytes(tail)


def _bomb(name: str, megabytes: int, declared: int | None = None) -> Make:
    return lambda parts, secret: with_bomb(parts, name, megabytes, declared)


def _entities(name: str, kind: str, encoding: str = "utf-8") -> Make:
    """Have a part declare entities: ones that unpack to a billion, or one that is a file."""

    def make(parts: Parts, secret: Path) -> Parts:
        if kind == "bomb":
            declared = '<!ENTITY a0 "lol">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
            used = "&a9;"
        else:
            declared, used = f'<!ENTITY a9 SYSTEM "{secret.as_uri()}">', "&a9;"
        parts = _with_strings(parts) if name == STRINGS else parts
        text = re.sub(r"^<\?xml[^>]*\?>\s*", "", parts[name].decode())
        # Once as text and once in an attribute, which parsers treat differently.
        text = re.sub(r"^(<[\w:]+)", rf'\1 mine="{used if kind == "bomb" else ""}"', text, count=1)
        text = re.sub(r"</(\w+)>\s*$", rf"{used}</\1>", text)
        text = text.replace("<t>Client portfolio</t>", f"<t>{used}</t>")
        header = f'<?xml version="1.0" encoding="{encoding}"?>'
        return {**parts, name: f"{header}<!DOCTYPE x [{declared}]>{text}".encode(encoding)}

    return make


def _with_strings(parts: Parts, content: bytes = b"", count: int = 1) -> Parts:
    """Give the workbook shared strings."""
    content = content or f'<sst xmlns="{MAIN}" count="{count}" uniqueCount="{count}"><si><t>x</t></si></sst>'.encode()
    types = parts[TYPES].replace(
        b"</Types>",
        b'<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-officedocument.'
        b'spreadsheetml.sharedStrings+xml"/></Types>',
    )
    rels = parts[_RELS].replace(
        b"</Relationships>",
        f'<Relationship Id="Strings" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/></Relationships>'.encode(),
    )
    return {**parts, TYPES: types, _RELS: rels, STRINGS: content}


def _named(name: str) -> Make:
    return lambda parts, secret: zipped(parts, [(name, b"x")])


def _changed(sheet: str, pattern: str, new: str) -> Make:
    """Change the first match of a pattern in the part of a sheet, or in a part."""

    def make(parts: Parts, secret: Path) -> Parts:
        part = sheet if sheet in parts else part_of(parts, sheet)
        text, count = re.subn(pattern, lambda match: match.expand(new), parts[part].decode(), count=1)
        assert count == 1, (part, pattern)
        return {**parts, part: text.encode()}

    return make


def _table(parts: Parts, name: str) -> str:
    return next(part for part, data in parts.items() if f' displayName="{name}"'.encode() in data)


def _in_table(name: str, pattern: str, new: str) -> Make:
    return lambda parts, secret: _changed(_table(parts, name), pattern, new)(parts, secret)


def _strict(parts: Parts, secret: Path) -> Parts:
    strict = b"http://purl.oclc.org/ooxml"
    return {
        name: data.replace(
            b"http://schemas.openxmlformats.org/officeDocument/2006", strict + b"/officeDocument"
        ).replace(MAIN.encode(), strict + b"/spreadsheetml/main")
        for name, data in parts.items()
    }


def _cycle(parts: Parts, secret: Path) -> Parts:
    """Every part is related to every other of its kind, itself included, in all the kinds that are followed."""
    names = [name for name in parts if name.endswith(".xml") and name.startswith("xl/") and "/" in name[3:]]
    kinds = ("worksheet", "queryTable", "drawing", "calcChain", "officeDocument")
    made = dict(parts)
    for name in names:
        folder, _, last = name.rpartition("/")
        rels = f"{folder}/_rels/{last}.rels"
        old = parts.get(rels, b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"/>')
        new = "".join(
            f'<Relationship Id="c{kind}{at}" Type="{OFFICE}/{kind}" Target="/{other}"/>'
            for kind in kinds
            for at, other in enumerate([name, WORKBOOK, rels])
        )
        text = old.decode().replace("/>", "></Relationships>") if old.endswith(b'relationships"/>') else old.decode()
        made[rels] = text.replace("</Relationships>", f"{new}</Relationships>").encode()
    return made


def _sheet_is_its_own_table(parts: Parts, secret: Path) -> Parts:
    sheet = part_of(parts, "Clients")
    rels = sheet.replace("worksheets/", "worksheets/_rels/") + ".rels"
    return {**parts, rels: re.sub(rb'Target="[^"]+"', f'Target="/{sheet}"'.encode(), parts[rels])}


def _all_tables_many_times(parts: Parts, secret: Path) -> Parts:
    sheet = part_of(parts, "Clients")
    rels = sheet.replace("worksheets/", "worksheets/_rels/") + ".rels"
    one = re.search(rb"<Relationship [^>]*/table[^>]*/>", parts[rels])
    assert one
    many = b"".join(one[0].replace(b'Id="', b'Id="n%d' % at) for at in range(100_000))
    return {**parts, rels: parts[rels].replace(b"</Relationships>", many + b"</Relationships>")}


def _longer_clients(parts: Parts, count: int, cell: Callable[[int], str], name: str = "Clients") -> Parts:
    """Make the table of clients, or another one, so many rows longer, with these cells in each."""
    part, table = part_of(parts, name), _table(parts, name)
    last = max(map(int, re.findall(rb'<row r="(\d+)"', parts[part])))
    rows = "".join(f'<row r="{row}">{cell(row)}</row>' for row in range(last + 1, last + 1 + count))
    sheet = parts[part].replace(b"</sheetData>", rows.encode() + b"</sheetData>")
    return {
        **parts,
        part: sheet,
        table: re.sub(rb'ref="A1:([A-Z]+)\d+"', rb'ref="A1:\g<1>%d"' % (last + count), parts[table]),
    }


def _one_text(text: str, count: int) -> Make:
    """Have one shared text in so many cells, as the names of clients."""
    strings = f'<sst xmlns="{MAIN}"><si>{text}</si></sst>'.encode()
    return lambda parts, secret: _longer_clients(
        _with_strings(parts, strings),
        count,
        lambda row: f'<c r="A{row}"><v>{row}</v></c><c r="B{row}" t="s"><v>0</v></c>',
    )


def _instead(part: str, old: str, new: str) -> Make:
    def make(parts: Parts, secret: Path) -> Parts:
        assert old.encode() in parts[part]
        return {**parts, part: parts[part].replace(old.encode(), new.encode(), 1)}

    return make


_CELLS = r"(<row r=\"2\"[^>]*>).*?(</row>)"
_TABLES_OF_ALL = "A1:XFD1048576"

HOSTILE: dict[str, tuple[Make, str]] = {
    "strict": (_strict, "Strict Open XML Spreadsheet"),
    # what unpacks to more than a machine holds
    "a sheet of 1.5 GB": (_bomb(SHEET, 1_500), "would unpack to more than 400 times its size"),
    "a sheet of 3 GB": (_bomb(SHEET, 3_000), "would unpack to more than"),
    "a sheet of 3 GB that declares 1 KB": (_bomb(SHEET, 3_000, 1_000), "is damaged"),
    "a sheet of 1 MB that declares 2 GB": (_bomb(SHEET, 1, 2_000_000_000), "would unpack to more than"),
    "strings of 3 GB that declare 1 KB": (
        lambda parts, secret: with_bomb(_with_strings(parts), STRINGS, 3_000, 1_000), "is damaged",
    ),
    "styles of 3 GB that declare 1 KB": (_bomb("xl/styles.xml", 3_000, 1_000), "is damaged"),
    "a workbook of 3 GB that declares 1 KB": (_bomb(WORKBOOK, 3_000, 1_000), "is damaged"),
    "a picture of 3 GB that declares 1 KB, which nobody unpacks": (_bomb("docProps/core.xml", 3_000, 1_000), REFRESHED),
    "strings that declare to be two billion": (
        lambda parts, secret: _with_strings(parts, count=2_000_000_000), REFRESHED,
    ),
    "styles that declare to be four billion": (
        _changed("xl/styles.xml", r'<cellXfs count="\d+"', '<cellXfs count="4000000000"'), REFRESHED,
    ),
    "too many parts": (lambda parts, secret: zipped(parts, [(f"x/{n}", b"") for n in range(20_001)]), "20,000 parts"),
    # names that lead elsewhere, or twice to the same
    "a part above": (_named("../evil.xml"), "leads outside the file"),
    "a part above, further in": (_named("xl/../../evil.xml"), "leads outside the file"),
    "an absolute part": (_named("/etc/passwd"), "leads outside the file"),
    "a part on a drive": (_named("C:/evil.xml"), "leads outside the file"),
    "a part above, as Windows writes it": (_named("..\\evil.xml"), "leads outside the file"),
    "a share": (_named("\\\\server\\evil.xml"), "leads outside the file"),
    "a part twice": (_named(SHEET), "has two parts named"),
    "a part twice, in other case": (_named(SHEET.upper()), "has two parts named"),
    "a part twice, with a backslash": (_named(SHEET.replace("/", "\\")), "has two parts named"),
    # entities
    **{
        f"{kind} of entities in {part}{' in ' + encoding if encoding != 'utf-8' else ''}": (
            _entities(part, kind, encoding), "has a DOCTYPE",
        )
        for part in (SHEET, WORKBOOK, _RELS, STRINGS, "xl/tables/table1.xml", "xl/styles.xml", TYPES, "_rels/.rels")
        for kind in ("bomb", "file")
        for encoding in (("utf-8", "utf-16") if part in (SHEET, WORKBOOK) else ("utf-8",))
    },
    "entities behind a strange encoding": (_entities(WORKBOOK, "bomb", "utf-7"), "cannot be read as utf-7"),
    # places that make a reader fill the space between
    "a million cells without a place": (_changed("Clients", _CELLS, rf"\1{'<c><v>1</v></c>' * 1_000_000}\2"), "columns"),
    "a million cells in one row": (
        _changed("Clients", _CELLS, rf"\1{''.join(f'<c r=~A{n}~><v>1</v></c>' for n in range(1_000_000))}\2".replace("~", '"')),
        "cannot be read",
    ),
    "a cell beyond the last column": (_changed("Clients", r'<c r="B2"', '<c r="XFE2"'), "outside a sheet"),
    "a cell beyond the last row": (_changed("Clients", r'<c r="B2"', '<c r="B1048577"'), "outside a sheet"),
    "a row number of 400 digits": (_changed("Clients", r'<row r="2"', f'<row r="{"9" * 400}"'), "cannot be read"),
    "a value far away behind a small dimension": (
        _changed("Clients", r"</row></sheetData>", '</row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'),
        "far away",
    ),
    "a sheet with little in much room": (
        _changed("Settings", r"</row></sheetData>", '</row><row r="1800"><c r="XFD1800"><v>1</v></c></row></sheetData>'),
        "far away",
    ),
    "a value far away, the last row being near": (
        _changed("Clients", r"<row r=\"2\"", '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row><row r="2"'),
        "far away|out of order",
    ),
    "a value far away in a row that says to be the second": (
        _changed("Clients", r'<c r="B2"[^>]*>', '<c r="XFD1048576" t="n">'), "far away|stands in row|damaged",
    ),
    "columns without end": (
        _changed("Clients", r"<cols>", '<cols><col min="1" max="99999999999" style="1"/>'), "is not a number|columns",
    ),
    "columns again and again": (
        _changed("Clients", r"<cols>", "<cols>" + '<col min="1" max="16384" style="1"/>' * 100_000), "more columns",
    ),
    "merged cells again and again": (
        _changed("Clients", r"</sheetData>", "</sheetData><mergeCells>" + '<mergeCell ref="K1:XFD1048576"/>' * 20_000 + "</mergeCells>"),
        REFRESHED,
    ),
    "a table of the whole sheet": (_in_table("Clients", r'ref="A1:\w+"', f'ref="{_TABLES_OF_ALL}"'), "covers A1:XFD1048576"),
    "a table without rows": (_in_table("Clients", r'ref="A1:\w+"', 'ref="A1:J1"'), "no data|refresh"),
    "a table that counts a billion totals": (_in_table("Clients", r"<table ", '<table totalsRowCount="999999999" '), "covers"),
    "a table that is twice there": (_all_tables_many_times, "twice"),
    "a sheet that is its own table": (_sheet_is_its_own_table, "is damaged|cannot be read"),
    "a name for the whole sheet": (
        _changed(WORKBOOK, r'(name="PortfolioTitle">)[^<]*', r"\g<1>Portfolio!$A:$XFD"), "covers A1:XFD1048576",
    ),
    "relationships in a circle": (_cycle, f"{REFRESHED}|filled by a query"),
    # texts without end
    "a name of a megabyte": (_changed(WORKBOOK, r'(name="Company">)[^<]*', rf"\g<1>{'x' * _MB}"), "points nowhere"),
    "a name of a megabyte of quotes": (_changed(WORKBOOK, r'(name="Company">)[^<]*', rf"\g<1>{chr(39) * _MB}"), "points nowhere"),
    "a sheet with a name of a megabyte": (_changed(WORKBOOK, r'name="Clients"', f'name="{"x" * _MB}"'), REFRESHED),
    "tags that never end": (_changed("Clients", r"</sheetData>", "</sheetData>" + '<a b="' * 300_000), "damaged|cannot be read"),
    "comments that never end": (_changed("Clients", r"</sheetData>", "</sheetData>" + "<!--" * 300_000), "damaged|cannot be read"),
    "elements a million deep": (_changed("Clients", r"</sheetData>", "</sheetData>" + "<a>" * 1_000_000), "damaged|cannot be read"),
    "errors without cells": (_changed("Clients", r"<sheetData>", '<sheetData> t="e" '), f"{REFRESHED}|damaged|cannot be read"),
    "formulas that share a megabyte": (
        _changed(
            "Clients", r"</row></sheetData>",
            '</row><row r="500"><c r="A500"><f t="shared" si="0" ref="A500:A999">' + "1+" * 500_000 + "1</f><v>1</v></c></row>"
            + "".join(f'<row r="{n}"><c r="A{n}"><f t="shared" si="0"/><v>1</v></c></row>' for n in range(501, 20_000))
            + "</sheetData>",
        ),
        REFRESHED,
    ),
    # texts and blanks that a small file has a million times
    "a text of 5 MB in 900 cells": (_one_text(f"<t>{'x' * 5_000_000}</t>", 900), REFRESHED),
    "a text of 5 MB in runs in 900 cells": (_one_text(f"<r><t>{'x' * 30_000}</t></r>" * 160, 900), REFRESHED),
    "a text of 32 KB in 30,000 cells": (_one_text(f"<t>{'x' * 32_000}</t>", 30_000), "hold more than 64 MB of text"),
    "a text of 32 KB in 30,000 cells, behind a comment": (
        lambda parts, secret: _longer_clients(
            _with_strings(parts, f'<sst xmlns="{MAIN}"><si><t>{"x" * 32_000}</t></si></sst>'.encode()), 30_000,
            lambda row: f'<c r="A{row}"><v>{row}</v></c><c r="B{row}" t="s"><!-- --><v>0</v></c>',
        ),
        "hold more than 64 MB of text",
    ),
    "ids of 5 MB": (
        lambda parts, secret: _longer_clients(
            parts, 20, lambda row: f'<c r="A{row}" t="inlineStr"><is><t>{"y" * 5_000_000}{row}</t></is></c>'
        ),
        REFRESHED,
    ),
    "a table of a million blank rows": (lambda parts, secret: _longer_clients(parts, 1_040_000, lambda row: ""), REFRESHED),
    # rows of which each costs more than it takes in the file
    "400,000 clients in a small file": (
        lambda parts, secret: _longer_clients(parts, 400_000, lambda row: f'<c r="A{row}"><v>{row}</v></c>'),
        "400,00. clients.* are more than a file of",
    ),
    "one client 600,000 times": (
        lambda parts, secret: _longer_clients(parts, 600_000, lambda row: f'<c r="A{row}"><v>1</v></c>'),
        "bad cells are more than a file of",
    ),
    "200,000 actions in a small file": (
        lambda parts, secret: _longer_clients(
            parts, 200_000,
            lambda row: f'<c r="A{row}"><v>46100</v></c><c r="B{row}"><v>1001</v></c><c r="C{row}" t="inlineStr"><is><t>Mark lost</t></is></c>',
            "Actions",
        ),
        "200,000 actions .*are more than a file of",
    ),
    "20,000 actions of one client": (
        lambda parts, secret: _longer_clients(
            parts, 20_000,
            lambda row: f'<c r="A{row}"><v>45000</v></c><c r="B{row}"><v>1001</v></c><c r="C{row}" t="inlineStr"><is><t>Mark lost</t></is></c>',
            "Actions",
        ),
        REFRESHED,
    ),
    "300,000 dates that are none": (
        lambda parts, secret: _longer_clients(
            parts, 300_000,
            lambda row: f'<c r="A{row}"><v>1001</v></c><c r="B{row}" t="b"><v>1</v></c><c r="C{row}"><v>5</v></c>',
            "Transactions",
        ),
        "bad cells are more than a file of",
    ),
    "300,000 transactions of one client": (
        lambda parts, secret: _longer_clients(
            parts, 300_000,
            lambda row: f'<c r="A{row}"><v>1001</v></c><c r="B{row}"><v>{45000 + row % 999}</v></c><c r="C{row}"><v>5</v></c>',
            "Transactions",
        ),
        REFRESHED,
    ),
    "a million defined names": (
        _instead(WORKBOOK, "</definedNames>", "".join(f'<definedName name="n{n}">1</definedName>' for n in range(600_000)) + "</definedNames>"),
        REFRESHED,
    ),
    "a million formats": (
        _instead("xl/styles.xml", "</cellXfs>", '<xf numFmtId="14" applyNumberFormat="1"/>' * 1_000_000 + "</cellXfs>"), REFRESHED,
    ),
    "a date of 32,000 blanks": (
        _changed("Transactions", r'(<c r="B2"[^>]*?)( t="\w+")?>.*?</c>', r'\1 t="inlineStr"><is><t xml:space="preserve">x' + " " * 32_000 + "x</t></is></c>"),
        REFRESHED,
    ),
    "a comment full of content types": (_instead(TYPES, "</Types>", f"<!--{'<Override ' * 20_000}--></Types>"), REFRESHED),
    "cells of another namespace": (_changed("Clients", re.escape(MAIN), "urn:other"), "namespace|cannot be read"),
    "two sheets of one part": (
        _changed(WORKBOOK, r'(<sheet [^>]*name="Settings"[^>]*/>)', r'\1<sheet name="Again" sheetId="99" xmlns:r="' + OFFICE + '" r:id="rId2"/>'),
        "twice",
    ),
}  # fmt: skip
"""What is wrong with each workbook, how to make it, and how a refresh of it must end (a pattern)."""

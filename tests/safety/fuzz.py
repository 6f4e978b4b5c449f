"""Refresh workbooks that were damaged at random: `python -m tests.safety.fuzz --seconds 60`.

Each case is a whole workbook: bytes flipped, zip headers changed, parts cut, doubled or mixed, XML tokens swapped,
numbers and references replaced by awkward ones. A case must end in a sound refresh or in one of the named errors.
Cases that end in a new way are damaged further. What fails is kept as a file; `tests/safety/cases` holds those
found so far, and `test_cases.py` tries each of them.
"""

from __future__ import annotations

import argparse
import faulthandler
import random
import re
import struct
import subprocess
import sys
import time
import traceback
import warnings
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from lxml import etree

from kopilot_xl import open_book, refresh
from kopilot_xl.errors import MAX_MESSAGE, KopilotError
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.file.ooxml.edits import KEEP, Edit, Move
from kopilot_xl.workbook.file.ooxml.sheet_editor import edit, fill
from tests.portfolios import NOW, make_portfolio
from tests.safety.child import limit_memory, peak_megabytes

MAX_SECONDS = 30
"""How long one case may take; it takes some hundredths of a second."""
MAX_MEMORY = 4 * 1024**3
MAX_CORPUS = 300
SHOWN = 12
"""How many ends are listed, the most frequent first."""
OWN_PARTS = re.compile(
    r"xl/(worksheets/sheet\d+|tables/table\d+|calcChain|workbook)\.xml|\[Content_Types\]\.xml|.*\.rels"
)

_NUMBERS = (
    b"0", b"-1", b"1", b"1e999", b"NaN", b"inf", b"1048576", b"1048577", b"16384", b"16385", b"2147483648",
    b"4294967296", b"18446744073709551616", b"9" * 400, b"", b" 1", b"1.5", b"0x10", "²".encode(), "٣".encode(),
    b"60", b"2958465", b"2958466", b"-0.5", b"0.999999999", b"1E15",
)  # fmt: skip
_REFERENCES = (
    b"A0", b"A1", b"A1048576", b"A1048577", b"XFD1", b"XFE1", b"ZZZ1", b"ZZZZ1", b"XFD1048576", b"A1:XFD1048576",
    b"A:A", b"1:1", b"$A$1", b"B2:A1", b"A1:", b":", b"#REF!", b"a1", b"A1:B2:C3", b"Sheet1!A1", b"A99999999999",
)  # fmt: skip
_WORDS = (
    b"<!DOCTYPE a [<!ENTITY b \"c\">]>", b"&b;", b"&#0;", b"&#xD800;", b"&amp;", b"&", b"<![CDATA[", b"]]>", b"<!--",
    b"-->", b"<?x ?>", b"<", b">", b"\"", b"'", b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"_x0000_",
    b"_xD800_", b"shared", b"array", b"dataTable", b" t=\"e\"", b" t=\"s\"", b" t=\"str\"", b" t=\"inlineStr\"",
    b" t=\"b\"", b" t=\"d\"", b" cm=\"1\"", b" vm=\"1\"", b"<f/>", b"<v/>", b"<is/>", b"<row/>", b"<c/>",
    b"<sheetData/>", b"</sheetData>", b"<mergeCells><mergeCell ref=\"A1:XFD9\"/></mergeCells>",
    b"purl.oclc.org/ooxml",
    b"<x:c xmlns:x=\"urn:x\"/>", b"<f t=\"shared\" si=\"0\" ref=\"A1:B9\">A1</f>",
    b"<f t=\"array\" ref=\"A1:C9\">1</f>",
    b"<dimension ref=\"A1:XFD1048576\"/>", b"<col min=\"1\" max=\"99999999999\" style=\"1\"/>",
    b"encoding=\"UTF-7\"", b"encoding=\"utf-16\"", b"xml:space=\"preserve\"", b"TargetMode=\"External\"", b"../", b"//",
    b"%00", b"..\\",
)  # fmt: skip
_TOKEN = re.compile(rb"<[^<>]*>|[^<]+")
_QUOTED = re.compile(rb"=(?:\"[^\"<]*\"|'[^'<]*')")
_NUMBER = re.compile(rb"\d+")
_REFERENCE = re.compile(rb"\$?[A-Z]{1,3}\$?\d+(?::\$?[A-Z]{1,3}\$?\d+)?")
_PLACE = re.compile(r"/\S+|[\w.-]+\.xls[xm]|\d+|\(.*\)|'[^']*'|\"[^\"]*\"")


def damaged(data: bytes, dice: random.Random) -> bytes:
    """Return a workbook with something wrong in it."""
    if dice.random() < 0.15:
        return _damaged_zip(data, dice)
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            parts = [(info.filename, archive.read(info)) for info in archive.infolist()]
    except Exception:  # what is no zip any more can only be damaged as bytes
        return _damaged_bytes(data, dice)
    for _ in range(dice.choice((1, 1, 1, 2, 3))):
        parts = _damaged_parts(parts, dice)
    output = BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with zipfile.ZipFile(output, "w", dice.choice((zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED))) as archive:
            for name, content in parts:
                archive.writestr(zipfile.ZipInfo(name), content, archive.compression)
    return output.getvalue()


def _damaged_parts(parts: list[tuple[str, bytes]], dice: random.Random) -> list[tuple[str, bytes]]:
    kind, at = dice.random(), dice.randrange(len(parts))
    if kind < 0.03:
        return parts[:at] + parts[at + 1 :] or parts
    if kind < 0.06:
        name = dice.choice(("..\\x", "/x", "xl/../../x", "xl\\workbook.xml", parts[at][0].upper(), "C:x", "x" * 300))
        return [*parts, (name, parts[at][1])]
    if kind < 0.09:
        other = dice.randrange(len(parts))
        parts[at], parts[other] = (parts[at][0], parts[other][1]), (parts[other][0], parts[at][1])
        return parts
    texts = [place for place, (name, _) in enumerate(parts) if name.endswith((".xml", ".rels"))] or [at]
    at = dice.choice(texts)
    parts[at] = (parts[at][0], damaged_xml(parts[at][1], dice))
    return parts


def damaged_xml(data: bytes, dice: random.Random) -> bytes:
    """Return an XML part with something wrong in it."""
    change = dice.choice((_swapped, _swapped, _awkward, _awkward, _awkward, _worded, _worded, _damaged_bytes, _encoded))
    return change(data, dice)


def _swapped(data: bytes, dice: random.Random) -> bytes:
    tokens = _TOKEN.findall(data)
    if len(tokens) < 2:
        return data
    one, other = dice.randrange(len(tokens)), dice.randrange(len(tokens))
    kind = dice.randrange(4)
    if kind == 0:
        tokens[one], tokens[other] = tokens[other], tokens[one]
    elif kind == 1:
        del tokens[one : one + dice.choice((1, 1, 2, 5))]
    elif kind == 2:
        tokens.insert(other, tokens[one])
    else:
        first, last = sorted((one, min(one + dice.randrange(1, 40), len(tokens))))
        tokens[other:other] = tokens[first:last] * dice.choice((1, 2, 30))
    return b"".join(tokens)


def _awkward(data: bytes, dice: random.Random) -> bytes:
    pattern, values = dice.choice(
        ((_NUMBER, _NUMBERS), (_REFERENCE, _REFERENCES), (_QUOTED, [b'="' + each + b'"' for each in _NUMBERS]))
    )
    found = list(pattern.finditer(data))
    if not found:
        return data
    place = dice.choice(found)
    return data[: place.start()] + dice.choice(values) + data[place.end() :]


def _worded(data: bytes, dice: random.Random) -> bytes:
    edges = [match.start() for match in _TOKEN.finditer(data)] or [0]
    at = dice.choice(edges) if dice.random() < 0.7 else dice.randrange(len(data) + 1)
    return data[:at] + dice.choice(_WORDS) * dice.choice((1, 1, 1, 3)) + data[at:]


def _encoded(data: bytes, dice: random.Random) -> bytes:
    encoding = dice.choice(("utf-16", "utf-16-le", "utf-32", "utf-7", "cp500", "utf-8-sig"))
    return data.decode("utf-8", "replace").encode(encoding, "replace")


def _damaged_bytes(data: bytes, dice: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(dice.choice((1, 1, 2, 8))):
        if not changed:
            break
        at = dice.randrange(len(changed))
        kind = dice.randrange(4)
        if kind == 0:
            changed[at] ^= 1 << dice.randrange(8)
        elif kind == 1:
            changed[at] = dice.randrange(256)
        elif kind == 2:
            del changed[at : at + dice.choice((1, 4, 100))]
        else:
            changed[at:at] = dice.randbytes(dice.choice((1, 4, 16)))
    return bytes(changed)


def _damaged_zip(data: bytes, dice: random.Random) -> bytes:
    """Change a field of a local header, of the directory or of the end record."""
    marks = [match.start() for match in re.finditer(rb"PK(?:\x01\x02|\x03\x04|\x05\x06)", data)]
    if not marks or dice.random() < 0.3:
        return _damaged_bytes(data, dice)
    changed, at = bytearray(data), dice.choice(marks) + dice.randrange(4, 46)
    kind = dice.choice(("<B", "<H", "<L"))
    size = struct.calcsize(kind)
    if at + size <= len(changed):
        most = 256**size
        value = dice.choice((0, 1, most - 1, most // 2, dice.randrange(most)))
        struct.pack_into(kind, changed, at, value)
    return bytes(changed)


def attempt(data: bytes, folder: Path) -> str:
    """Refresh a workbook and return how that ended; fail if it ended badly."""
    path, output = folder / "book.xlsm", folder / "out.xlsm"
    path.write_bytes(data)
    output.unlink(missing_ok=True)
    try:
        refresh(open_book(path), output=output, now=NOW)
    except KopilotError as error:
        check_message(str(error))
        assert not output.exists(), "something was written all the same"
        return _PLACE.sub("…", str(error))[:200]
    finally:
        assert path.read_bytes() == data, "the workbook itself was changed"
    check_output(data, output.read_bytes())
    return "refreshed"


def check_message(message: str) -> None:
    """Fail for a message that is no clear line."""
    assert message.strip() == message, message
    assert len(message) <= MAX_MESSAGE, f"{len(message)} characters: {message[:200]}"
    assert message.isprintable(), repr(message[:500])


def check_output(before: bytes, after: bytes) -> None:
    """Fail for a refreshed workbook that is no sound archive, or lost something of the one before."""
    with zipfile.ZipFile(BytesIO(before)) as old, zipfile.ZipFile(BytesIO(after)) as new:
        gone = {info.orig_filename for info in old.infolist()} - {info.orig_filename for info in new.infolist()}
        assert gone <= {"xl/calcChain.xml"}, gone
        for info in new.infolist():
            if OWN_PARTS.fullmatch(info.filename):
                try:
                    earlier = old.read(info.filename)
                except (zipfile.BadZipFile, zlib.error, KeyError, EOFError, NotImplementedError):
                    continue  # a part that nobody needed was damaged already, and stays so
                content = new.read(info)
                assert content == earlier or _is_xml(content) or not _is_xml(earlier), f"{info.filename} is damaged"


def _is_xml(content: bytes) -> bool:
    try:
        etree.fromstring(content, etree.XMLParser(huge_tree=True, resolve_entities=False))
    except (etree.XMLSyntaxError, ValueError):
        return False
    return True


def attempt_cells(xml: bytes, dice: random.Random) -> str:
    """Set cells of a worksheet at random, and return how that ended; fail if it ended badly."""
    values: Sequence[Value | Edit] = (
        None, 1.5, "=1", "a\0b", "x" * 40_000, True, float("nan"), KEEP, Edit(keep_formula=False), Edit(2, "A1"),
    )  # fmt: skip
    edits: dict[int, dict[int, Value | Edit]] = {}
    for _ in range(dice.randrange(1, 12)):
        row, column = dice.choice((1, 2, 3, 9, 1_500, 1_048_576)), dice.choice((1, 2, 5, 9, 16_384))
        edits.setdefault(row, {})[column] = dice.choice(values)
    edits = {row: dict(sorted(columns.items())) for row, columns in edits.items()}
    moves = [Move(2, 5, 1, 3)] if dice.random() < 0.2 else []
    try:
        if dice.random() < 0.2:
            after = fill(xml, [["a", 1.0, None], [], [True]])
            again = fill(after, [["a", 1.0, None], [], [True]])
        else:
            after = edit(xml, edits, moves=moves)
            again = edit(after, edits)
    except KopilotError as error:
        return "cells: " + _PLACE.sub("…", str(error))[:200]
    assert after == xml or _is_xml(after) or not _is_xml(xml), "it is damaged now"
    assert moves or again == after, "a second time gives something else"
    return "cells: set"


def seeds(folder: Path) -> list[bytes]:
    """Return sound workbooks to start from."""
    from tests.workbook.workbooks import rich

    plain = make_portfolio(folder / "seed.xlsm").read_bytes()
    refresh(open_book(folder / "seed.xlsm"), now=NOW)
    refreshed = (folder / "seed.xlsm").read_bytes()
    return [plain, refreshed, rich(folder / "rich.xlsx").read_bytes()]


def hunt(seconds: float, seed: int, findings: Path, current: Path) -> Counter[str]:
    """Try damaged workbooks for some time; keep what failed, and return how often each end was met."""
    dice = random.Random(seed)
    ends: Counter[str] = Counter()
    known: set[str] = set()
    with TemporaryDirectory() as name:
        folder = Path(name)
        corpus = seeds(folder)
        originals = len(corpus)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            base = dice.choice(corpus if dice.random() < 0.7 else corpus[:originals])
            only_cells = dice.random() < 0.3
            state = dice.getrandbits(64)
            data = _sheet(base, dice) if only_cells else damaged(base, dice)
            if only_cells:
                data = damaged_xml(data, dice)
            current.write_bytes(struct.pack("<?Q", only_cells, state) + data)
            faulthandler.dump_traceback_later(MAX_SECONDS, exit=True)
            try:
                how = attempt_cells(data, random.Random(state)) if only_cells else attempt(data, folder)
            except BaseException as error:
                if isinstance(error, KeyboardInterrupt):
                    raise
                how = "FAILED " + _where(error)
                if how not in known:
                    print(f"{how}: {error}"[:500])
                    _keep(findings, data, only_cells, state, "".join(traceback.format_exception(error)))
            finally:
                faulthandler.cancel_dump_traceback_later()
            if how not in known and not only_cells and len(corpus) < MAX_CORPUS:
                corpus.append(data)
            known.add(how)
            ends[how] += 1
    return ends


def _sheet(data: bytes, dice: random.Random) -> bytes:
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            names = [name for name in archive.namelist() if "worksheets/sheet" in name and "rels" not in name]
            return archive.read(dice.choice(names))
    except Exception:
        return b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData/></worksheet>'


def _where(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "kopilot_xl" in frame.filename] or frames
    return f"{type(error).__name__} at {Path(own[-1].filename).name}:{own[-1].lineno}"


def _keep(findings: Path, data: bytes, only_cells: bool, state: int, text: str) -> None:
    findings.mkdir(parents=True, exist_ok=True)
    name = f"{time.time_ns():x}"
    (findings / (f"{name}-{state}.xml" if only_cells else f"{name}.xlsm")).write_bytes(data)
    (findings / f"{name}.txt").write_text(text)


def main(arguments: Sequence[str] | None = None) -> int:
    """Hunt in a child process, which may die of what it finds; return 1 if anything was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.safety.fuzz", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 2**32)
    parser.add_argument("--findings", type=Path, default=Path("fuzz-findings"), help="the folder for what fails")
    parser.add_argument("--current", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.current:
        limit_memory(MAX_MEMORY)
        ends = hunt(chosen.seconds, chosen.seed, chosen.findings, chosen.current)
        failed = sum(count for how, count in ends.items() if how.startswith("FAILED"))
        for how, count in ends.most_common(SHOWN):
            print(f"{count:7} {how}")
        memory = peak_megabytes()
        print(f"{sum(ends.values())} executions, {len(ends)} ends, {failed} failed, {memory} MB at most")
        return 1 if failed else 0
    found = 0
    for seed, seconds in _turns(chosen.seed, chosen.seconds):
        with TemporaryDirectory() as name:
            current = Path(name) / "current"
            command = [
                sys.executable, "-m", "tests.safety.fuzz", "--seconds", str(seconds), "--seed", str(seed),
                "--findings", str(chosen.findings), "--current", str(current),
            ]  # fmt: skip
            done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
            found |= done.returncode != 0
            ended = done.returncode not in (0, 1) or done.stderr.strip() != ""
            if ended:  # by what it found, by an endless case, or before it began
                print(done.stderr[-2_000:])
            if ended and current.exists():
                only_cells, state = struct.unpack_from("<?Q", current.read_bytes())
                text = f"the process ended with {done.returncode}\n{done.stderr[-5_000:]}"
                _keep(chosen.findings, current.read_bytes()[9:], only_cells, state, text)
    print(f"seed {chosen.seed}: " + (f"see {chosen.findings}" if found else "nothing found"))
    return int(found)


def _turns(seed: int, seconds: float) -> Iterator[tuple[int, float]]:
    """Yield a seed and a time for each child, a new one every few minutes."""
    start = time.monotonic()
    turn = 0
    while (left := seconds - (time.monotonic() - start)) > 1:
        yield seed + turn, min(left, 120)
        turn += 1


if __name__ == "__main__":
    sys.exit(main())

"""Which encoding a text file has: candidates from charset-normalizer, chosen by the letters that words have."""

from __future__ import annotations

import codecs
import re
from functools import cache

from kopilot_xl.errors import BookError, UsageError
from kopilot_xl.importing.vocabulary import vocabulary
from kopilot_xl.texts import t
from kopilot_xl.texts.words import fold

_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_USUAL = ("cp1252", "cp1250", "mac_roman", "cp850", "cp852", "iso8859-15", "iso8859-2", "cp1254", "cp1257", "cp437")
_SAMPLE = 200_000
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f-\x9f]")
_WORD = re.compile(r"[^\W\d_]+(?:[^\w\s.,;:!?()\"/\\<>=+*&|%{}\[\]-]+[^\W\d_]+)*|[^\W\d_]*[^\w\s\x00-\x7f][^\W\d_]+")
_ALPHABETS = (
    "äöüßé", "àâæçéèêëîïôœùûüÿ", "áéíñóúüçà", "àèéìíòóùî", "áâãàçéêíóôõúü", "éëïóöüèçáàêí", "åäöéü", "æøåéòôóä",
    "áčďéěíňóřšťúůýžöüäľ", "ąćęłńóśźżöüä", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "čćđšž", "ăâîșțşţ", "çğıöşüâî",
    "áðéíóúýþæö",
    "õäöüšž", "ąčęėįšųūž", "āčēģīķļņšūž",
)  # fmt: skip
_SYMBOLS = frozenset("’‘“”«»„–—…·•°§©®™€£¥ªº½¼¾²³×")
NAMES = {
    "utf-8": "UTF-8", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16", "utf-32-le": "UTF-32", "mac_roman": "Mac Roman",
    **{f"cp{number}": f"Windows-{number}" for number in range(1250, 1259)},
}  # fmt: skip


def shown(encoding: str) -> str:
    """Return an encoding's usual name."""
    return NAMES.get(encoding, encoding.upper().replace("_", "-"))


def decoded(data: bytes, path: object, wanted: str | None = None) -> tuple[str, str, tuple[str, ...]]:
    """Return the text, its encoding, and the other encodings that would do, best first.

    Raises:
        BookError: it is not text, or not in the encoding that is wanted.
        UsageError: there is no such encoding.
    """
    for mark, name in _MARKS:
        if data.startswith(mark):
            return _text(data[len(mark) :], name, path), name, ()
    if wanted:
        try:
            name = codecs.lookup(wanted).name
        except LookupError:
            raise UsageError(
                t('There is no encoding "{wanted}". Write utf-8, cp1250 or mac_roman.', wanted=wanted), "encoding"
            ) from None
        return _text(data, name, path), name, ()
    if wide := _wide(data):
        return _text(data, wide, path), wide, ()
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return _best(data, path)
    if _CONTROL.search(text.replace("\x85", "")):
        raise _no_text(path)
    return text, "utf-8", ()


def _text(data: bytes, encoding: str, path: object) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise BookError(
            t(
                "{path} is not text in {encoding}: leave --encoding out, or export it as UTF-8.",
                path=path,
                encoding=shown(encoding),
            )
        ) from error
    if "\x00" in text:
        raise _no_text(path)
    return text


def _no_text(path: object) -> BookError:
    return BookError(t("{path} cannot be read as text. Export it as CSV in UTF-8, or as .xlsx.", path=path))


def _wide(data: bytes) -> str | None:
    """UTF-16 without its mark: every other byte of mostly Latin text is zero."""
    head = data[:4000]
    if len(head) < 4 or head.count(0) < len(head) // 4:
        return None
    even, odd = head[::2].count(0), head[1::2].count(0)
    if odd > 4 * even:
        return "utf-16-le"
    return "utf-16-be" if even > 4 * odd else None


def _best(data: bytes, path: object) -> tuple[str, str, tuple[str, ...]]:
    sample = _sample(data)
    scored = []
    for rank, name in enumerate(_candidates(sample)):
        try:
            text = sample.decode(name)
            data.decode(name)
        except UnicodeDecodeError:
            continue
        if not _CONTROL.search(text):
            scored.append((score(text), -rank, name))
    if not scored:
        raise _no_text(path)
    scored.sort(reverse=True)
    names = [name for _, _, name in scored]
    return data.decode(names[0]), names[0], tuple(names[1:])


def _sample(data: bytes) -> bytes:
    """The lines that are not plain ASCII: they alone tell; and the first lines, which hold the headings."""
    if len(data) <= _SAMPLE:
        return data
    lines = data[:_SAMPLE].rpartition(b"\n")[0].split(b"\n")
    more = [line for line in data[_SAMPLE:].split(b"\n") if not line.isascii()]
    return b"\n".join([*lines, *more[:5000]])


def _candidates(sample: bytes) -> list[str]:
    from charset_normalizer import from_bytes

    found = [each.encoding for each in from_bytes(sample[:50_000])]
    names = [*_USUAL, *(codecs.lookup(each).name for each in found)]
    return list(dict.fromkeys(_usual_name(each) for each in names))


def _usual_name(name: str) -> str:
    plain = codecs.lookup(name).name
    return {"mac-roman": "mac_roman", "iso8859-1": "cp1252"}.get(plain, plain)


def score(text: str) -> float:
    """Return how much a text looks like words: letters of one language together, symbols apart from letters."""
    good = bad = 0.0
    for match in set(_WORD.findall(text)):
        if match.isascii():
            continue
        if _is_word(match):
            good += 1
        else:
            bad += 1
    for symbol in re.findall(r"[^\x00-\x7f\w\s]", text):
        if symbol not in _SYMBOLS:
            bad += 0.5
    known = sum(1 for each in _cells(text) if _is_known(each))
    return good - 2 * bad + 3 * known


def _cells(text: str) -> set[str]:
    """The short cells that are not plain ASCII, whatever parts them."""
    return {each.strip(' "') for each in re.split(r"[;,\t|\r\n]", text) if not each.isascii() and len(each) < 60}


@cache
def _exact() -> frozenset[str]:
    """Every word of the vocabulary as it is written, in lower case: accents count here."""
    words: set[str] = set()
    for language in vocabulary().languages.values():
        for section in language.values():
            if isinstance(section, dict):
                for spellings in section.values():
                    words.update(each.casefold() for each in spellings)
    return frozenset(words)


def _is_known(cell: str) -> bool:
    return bool(fold(cell)) and cell.casefold() in _exact()


def _is_word(word: str) -> bool:
    letters = {each for each in word if not each.isascii()}
    if any(not each.isalpha() for each in letters):
        return all(each.isalpha() or each in "’‘'" for each in letters)
    lower = word[1:]
    if lower != lower.lower() and word != word.upper() and not _has_inner_capital(word):
        return False
    if all(ord(each) > 0x24F for each in letters):
        return True  # another script
    small = {each.lower() for each in letters}
    return any(small <= set(alphabet) for alphabet in _ALPHABETS)


def _has_inner_capital(word: str) -> bool:
    """Whether the capitals inside a word are plain ones, as in McDonald."""
    return all(each.isascii() for each in word[1:] if each.isupper())

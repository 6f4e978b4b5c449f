"""What a heading says its column is: by the lists of the vocabulary, else by the parts it is composed of."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from kopilot_xl.importing.amounts import ISO
from kopilot_xl.importing.vocabulary import Tokens, vocabulary
from kopilot_xl.texts.words import fold
from kopilot_xl.workbook.book import Value

_IN_BRACKETS = re.compile(r"[(\[][^)\]]*+(?:[)\]]|\Z)")
_CURRENCY_WORD = re.compile(r"\b(?:in )?(?:" + "|".join(sorted(ISO)) + r")\b|[€$£]")
_SEGMENTS = re.compile(r"[./:>|]|\s-\s")

_WORDS = re.compile(r"[A-ZÀ-Þ]?[^\W_A-ZÀ-Þ]+|[A-ZÀ-Þ]+|\d+")
"""The words of a heading, of one in camelCase too."""

DATE_ROLES = frozenset({"issue_date", "issue_date_weak", "due_date", "other_date", "created", "canceled_on"})


@lru_cache(maxsize=8192)
def roles_of(heading: str) -> Mapping[str, float]:
    """Return the roles a heading can have, each with how surely: 100 is its usual name, below 60 a guess."""
    found: dict[str, float] = {}
    known = vocabulary().headings
    bare = _CURRENCY_WORD.sub("", _IN_BRACKETS.sub("", heading))
    segments = [each for each in _SEGMENTS.split(heading) if each.strip()]
    tries = [(heading, 0.0), (_IN_BRACKETS.sub("", heading), 2.0), (bare, 3.0)]
    if len(segments) > 1:
        tries += [(segments[-1], 10.0), (segments[0], 12.0)]
    for text, less in tries:
        for role, rank in known.get(fold(text), {}).items():
            found[role] = max(found.get(role, 0.0), 100 - less - min(rank, 60) / 3)
    if not found:
        for tokens in vocabulary().tokens:
            for role, sure in _composed(heading, tokens):
                found[role] = max(found.get(role, 0.0), sure)
        if found.keys() & _AMOUNTS and _is_tax(heading):
            found = {"tax": 55.0}
    return found


_AMOUNTS = frozenset({"amount_net", "amount_total", "amount_gross"})


def _is_tax(heading: str) -> bool:
    """Whether a composed heading is of the tax alone, as VatSum is: it says neither net nor gross."""
    folded = fold(heading)
    if any(tokens.has("net", folded) or tokens.has("gross", folded) for tokens in vocabulary().tokens):
        return False
    return any(fold(each) in vocabulary().taxes for each in _WORDS.findall(heading))


def _composed(heading: str, tokens: Tokens) -> list[tuple[str, float]]:
    """What the parts of a heading say, in one language."""
    folded = fold(_CURRENCY_WORD.sub("", heading))
    if not folded or len(folded) > 60:
        return []
    if tokens.has("date", folded):
        if tokens.has("not_issue", folded):
            return [("other_date", 60.0)]
        return [("issue_date", 58.0 if tokens.has("issue", folded) else 45.0)]
    if tokens.has("amount", folded) or tokens.has("net", folded) or tokens.has("gross", folded):
        if tokens.has("not_amount", folded):
            return [("other_amount", 55.0)]
        if tokens.has("amount", folded):
            if tokens.has("net", folded):
                return [("amount_net", 56.0)]
            if tokens.has("gross", folded):
                return [("amount_gross", 56.0)]
            return [("amount_total", 50.0)]
    if tokens.has("client", folded) and not tokens.has("not_client", folded):
        last = [fold(each) for each in _WORDS.findall(heading)]
        ids = tokens.parts.get("id", ())
        if any(each in ids for each in last) or any(len(each) > 2 and folded.endswith(each) for each in ids):
            return [("client_id", 55.0)]
        if tokens.has("name", folded):
            return [("client_name", 55.0)]
    return []


def known_headings(row: Sequence[Value]) -> int:
    """Return how many cells of a row are headings that a list names."""
    known = vocabulary().headings
    count = 0
    for value in row:
        if isinstance(value, str) and value and len(value) <= 60:
            folded = fold(value)
            if folded in known or fold(_CURRENCY_WORD.sub("", _IN_BRACKETS.sub("", value))) in known:
                count += 1
    return count

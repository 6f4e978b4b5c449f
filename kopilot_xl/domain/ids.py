"""When two client ids are the same, and which client a text of the log names."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kopilot_xl.texts import t

_WHOLE = re.compile(r"(-?[0-9]+)\.0+")


def client_key(value: object) -> str | None:
    """Return what an id is compared by; None for a blank one.

    Case and surrounding blanks do not count; the number 1001, the number 1001.0 and the texts "1001" and "1001.0"
    are the same id, "007" and 7 are not. Source: docs/rules.md, "Bad data".
    """
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = str(value).strip().casefold()
    whole = _WHOLE.fullmatch(text) if "." in text else None
    return (whole[1] if whole else text) or None


def shown_id(value: object) -> str:
    """Return an id as a reader writes it: a whole number without decimals, a text without surrounding blanks."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def name_key(name: str) -> str:
    """Return what a name is compared by: without case, composition (é as one character or two) and extra blanks."""
    return unicodedata.normalize("NFC", " ".join(unicodedata.normalize("NFC", name).casefold().split()))


class UnknownClientError(ValueError):
    """A text that names no client, or several. The text says what to write instead."""


@dataclass(frozen=True)
class ClientDirectory:
    """The clients that a text may name, by id or by name.

    Attributes:
        ids: the ids as written, by key.
        names: the keys of the clients of each name, by `name_key`.
        shown_names: the names as written, by key.
    """

    ids: Mapping[str, str]
    names: Mapping[str, Sequence[str]]
    shown_names: Mapping[str, str]

    @classmethod
    def of(cls, keys: Sequence[str], ids: Iterable[str], names: Iterable[str]) -> ClientDirectory:
        """Return the directory of clients given as parallel columns: key, id as written, name as written."""
        shown = dict(zip(keys, names, strict=True))
        by_name: defaultdict[str, list[str]] = defaultdict(list)
        for key, name in shown.items():
            if named := name_key(name):
                by_name[named].append(key)
        return cls(dict(zip(keys, ids, strict=True)), by_name, shown)

    def find(self, value: object) -> str | None:
        """Return the key of the client that a cell names, None for a blank cell. An id wins over a name.

        Raises:
            UnknownClientError: it is no client's id or name, or the name of several.
        """
        key = client_key(value)
        if key is None or key in self.ids:
            return key
        found = self.names.get(name_key(str(value)), ())
        if len(found) == 1:
            return found[0]
        if found:
            ids = [self.ids[each] for each in found]
            name = str(value).strip()
            raise UnknownClientError(
                t(
                    '{count} clients are called "{name}": write the id, {others} or {last}.',
                    count=len(ids),
                    name=name,
                    others=", ".join(ids[:-1]),
                    last=ids[-1],
                )
            )
        raise UnknownClientError(
            t("Unknown client: its id is not in the Clients table.{hint}", hint=self._near(str(value)))
        )

    def _near(self, text: str) -> str:
        """A question about the client that was probably meant, blank if none is near."""
        from difflib import get_close_matches

        folded = name_key(text)
        if len(self.names) > MOST_NAMES or len(folded) < SHORTEST:
            return ""
        near = get_close_matches(folded, self.names, n=1, cutoff=NEAR)
        if not near:
            return ""
        key = self.names[near[0]][0]
        return t(" Did you mean {name} ({id})?", name=self.shown_names[key], id=self.ids[key])


NEAR = 0.8
"""From which likeness on (as difflib counts it) a name is asked about."""
SHORTEST = 4
"""Below so many characters everything is like everything."""
MOST_NAMES = 20_000
"""Among more names looking for a near one takes too long."""

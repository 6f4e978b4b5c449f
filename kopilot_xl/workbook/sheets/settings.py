"""The Settings sheet: named cells with a label, a default, a unit and an explanation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from kopilot_xl.domain.rules import DEFAULT, FIRST_DAY, LAST_DAY, RuleError, Rules
from kopilot_xl.errors import MissingError, SettingError
from kopilot_xl.texts import LANGUAGES, t
from kopilot_xl.texts.languages import ENGLISH, known
from kopilot_xl.workbook.book import Book, Value
from kopilot_xl.workbook.tables.parsing import DateOrder, UnreadableError, is_blank, read_amount, read_date, shown

SHEET = "Settings"


@dataclass(frozen=True)
class Setting:
    """A named cell. `name` is the defined name; `rule` the field of `Rules` it sets, if it sets one."""

    name: str
    label: str
    default: Value
    unit: str
    explanation: str
    rule: str | None = None


COMPANY = Setting("Company", "Company", None, "", "Shown above the portfolio.")
AS_OF = Setting(
    "AsOf", "As-of date", None, "date", "The day the portfolio is looked at. Blank means today; nothing later counts."
)
DATE_ORDER = Setting(
    "DateOrder",
    "Date order",
    None,
    " or ".join(DateOrder),
    "How to read a date typed as text, such as 03/04/2026. Blank refuses what could be two different days.",
)
CURRENCY = Setting("Currency", "Currency", "EUR", "", "The one currency of all amounts, shown beside values.")
LANGUAGE = Setting(
    "Language",
    "Language",
    None,
    ", ".join(LANGUAGES),
    "The language of what a refresh writes. Blank means English.",
)
LIFESPAN = Setting(
    "LifespanDays", "Lifespan", DEFAULT.lifespan_days, "days",
    "A client not invoiced for more days than this is Lost: a year, and grace for late billing.", "lifespan_days",
)  # fmt: skip
NUMBERS: tuple[Setting, ...] = (
    Setting(
        "ActiveMonths", "Active", DEFAULT.active_months, "months",
        "A client invoiced within this many months is Active.", "active_months",
    ),
    Setting(
        "SleepingMonths", "Sleeping Away", DEFAULT.sleeping_months, "months",
        "Invoiced within this many months, but not Active: Sleeping Away.", "sleeping_months",
    ),
    Setting(
        "HorizonMonths", "Horizon", DEFAULT.horizon_months, "months",
        "Revenue planned further ahead than this does not count as coming.", "horizon_months",
    ),
    LIFESPAN,
    Setting(
        "LeavingDays", "Leaving", DEFAULT.leaving_days, "days",
        "A client with nothing planned is Leaving in the last days of its lifespan, this many.", "leaving_days",
    ),
    Setting(
        "InaccurateShare", "Inaccurate from", DEFAULT.inaccurate_share, "of the portfolio",
        "From this share of clients without activity on, the portfolio counts as Inaccurate.", "inaccurate_share",
    ),
)  # fmt: skip
SEASONAL_MODEL = "SeasonalModel"
"""The name of a setting of earlier versions, which is not read any more."""
ALL: tuple[Setting, ...] = (COMPANY, AS_OF, DATE_ORDER, CURRENCY, LANGUAGE, *NUMBERS)


@dataclass(frozen=True)
class Settings:
    """What the user set. `as_of` is None for today.

    Older workbooks have a setting Seasonal model too: it is not read any more.
    """

    company: str
    as_of: date | None
    date_order: DateOrder | None
    currency: str
    rules: Rules


def read(book: Book) -> Settings:
    """Return the settings; a blank cell means its default.

    Raises:
        MissingError: a named cell is missing.
        SettingError: a value makes no sense; the text names the cell.
    """
    values = {setting: book.cell(setting.name) for setting in ALL if setting is not LANGUAGE}
    numbers = {setting.rule: _number(book, setting, values[setting]) for setting in NUMBERS if setting.rule}
    try:
        rules = Rules(**numbers)  # type: ignore[arg-type]  # Rules itself refuses what is no whole number
    except RuleError as reason:
        setting = next(setting for setting in NUMBERS if setting.rule == reason.field)
        raise _error(book, setting, str(reason)) from None
    order = shown(values[DATE_ORDER]).strip().upper()
    if order and order not in list(DateOrder):
        orders = t("{one} or {other}", one=DateOrder.DMY, other=DateOrder.MDY)
        raise _error(
            book,
            DATE_ORDER,
            t(
                "must be blank, {orders}, not {order}",
                orders=orders,
                order=order,
            ),
        )
    date_order = DateOrder(order) if order else None
    try:
        as_of = read_date(values[AS_OF], date_order)
    except UnreadableError as reason:
        raise _error(book, AS_OF, t("is unreadable: {reason}", reason=reason)) from None
    if as_of and not FIRST_DAY <= as_of <= LAST_DAY:
        raise _error(
            book,
            AS_OF,
            t(
                "must lie between {first_day} and {last_day}, not on {day}",
                first_day=FIRST_DAY,
                last_day=LAST_DAY,
                day=as_of,
            ),
        )
    return Settings(
        company=shown(values[COMPANY]).strip(),
        as_of=as_of,
        date_order=date_order,
        currency=shown(values[CURRENCY]).strip(),
        rules=rules,
    )


def language(book: Book) -> str:
    """Return the code of the language a workbook is written in: English where its Settings do not say it.

    Raises:
        SettingError: there is no such language.
    """
    try:
        name = shown(book.cell(LANGUAGE.name)).strip()
    except MissingError:
        return ENGLISH
    if found := known(name) if name else ENGLISH:
        return found
    raise _error(
        book, LANGUAGE, t("must be blank or one of {languages}, not {name}", languages=", ".join(LANGUAGES), name=name)
    )


def _number(book: Book, setting: Setting, value: Value) -> float | int:
    if is_blank(value):
        assert isinstance(setting.default, float | int)  # noqa: S101 - every number has a default
        return setting.default
    percent = isinstance(value, str) and value.strip().endswith("%")
    try:
        number = read_amount(value.strip().removesuffix("%") if isinstance(value, str) else value)
    except UnreadableError as reason:
        raise _error(book, setting, t("is unreadable: {reason}", reason=reason)) from None
    assert number is not None  # noqa: S101 - a blank was answered above
    number = number / 100 if percent else number
    return int(number) if number.is_integer() and isinstance(setting.default, int) else number


def _error(book: Book, setting: Setting, what: str) -> SettingError:
    default = (
        t(" Its default is {default}.", default=f"{setting.default:g}")
        if isinstance(setting.default, float | int)
        else ""
    )
    return SettingError(
        t(
            "{book}: {setting}, the setting {label}, {what}. Correct it.{default}",
            book=book.name,
            setting=book.cell_address(setting.name),
            label=setting.label,
            what=what,
            default=default,
        )
    )

"""Build the workbooks from their sources: `python -m kopilot_xl.workbook.build`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from kopilot_xl.texts import t
from kopilot_xl.usecases import sample
from kopilot_xl.usecases.refresh import refresh
from kopilot_xl.workbook.file.ooxml.package import Package
from kopilot_xl.workbook.opening import open_book
from kopilot_xl.workbook.sheets.older import EARLIER
from kopilot_xl.workbook.template import MACRO_FREE_TEMPLATE, TEMPLATE
from kopilot_xl.workbook.template.build import HERE, _pack, _parts, build_template
from kopilot_xl.workbook.template.page_marks import pages_of, retired

SAMPLE = HERE.parents[2] / "workbook" / "Kopilot.xlsm"


def build_sample(template: Path, path: Path) -> None:
    """Write the sample workbook: the template, filled and refreshed as a user's is."""
    with TemporaryDirectory() as folder:
        raw = Path(folder) / path.name
        sample.write_sample(raw, template=template)
        refresh(open_book(raw), now=sample.SAMPLE_MOMENT)
        _pack(path, _parts(raw))


def main(arguments: list[str] | None = None) -> int:
    """Build the workbooks, or check that the committed ones are what their sources give."""
    parser = argparse.ArgumentParser(prog="python -m kopilot_xl.workbook.build", description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help=t("build elsewhere and exit 1 if a committed file differs")
    )
    options = parser.parse_args(arguments)
    if not options.check:
        before = pages_of(open_book(TEMPLATE), Package(TEMPLATE)) if TEMPLATE.exists() else {}
        build_template(TEMPLATE)
        earlier = retired(before, pages_of(open_book(TEMPLATE), Package(TEMPLATE)))
        EARLIER.write_text(json.dumps(earlier, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        build_template(MACRO_FREE_TEMPLATE)
        build_sample(TEMPLATE, SAMPLE)
        return 0
    with TemporaryDirectory() as folder:
        built = {kept: Path(folder) / kept.name for kept in (TEMPLATE, MACRO_FREE_TEMPLATE, SAMPLE)}
        build_template(built[TEMPLATE])
        build_template(built[MACRO_FREE_TEMPLATE])
        build_sample(built[TEMPLATE], built[SAMPLE])
        differing = [kept for kept, new in built.items() if kept.read_bytes() != new.read_bytes()]
    for name in differing:
        print(f"{name} is not what its sources build. Run python -m kopilot_xl.workbook.build.", file=sys.stderr)
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())

"""`python -m kopilot_xl.workbook.build` builds the template and the sample from their sources."""

from runpy import run_module

if __name__ == "__main__":
    run_module("kopilot_xl.usecases.sample.rebuild", run_name="__main__")

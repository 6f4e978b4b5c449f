# The habits of this repository. `just` lists them, `just TARGET` runs one; .ci/run calls the same.

set windows-shell := ["cmd.exe", "/c"]

# List the targets.
default:
    @just --list

# Install the package for work on it, with all tools, and the hooks that run before a commit.
setup:
    python -m pip install -e ".[dev]"
    pre-commit install

# Run the tests that every change must pass, on all cores; arguments go to pytest.
test *arguments:
    python -m pytest -n auto {{arguments}}

# Run the slow tests: hundreds of killed refreshes, Spark, model fits.
slow *arguments:
    python -m pytest -m slow -rs {{arguments}}

# Check the format, the lint rules, the types, and the arrows between the folders.
lint:
    ruff format --check .
    ruff check .
    mypy
    lint-imports

# Format, and mend what can be mended without thinking.
format:
    ruff format .
    ruff check --fix .

# Check that what is generated is what its sources say: the workbook, the page of commands, the catalogues of texts.
generated:
    python -m kopilot_xl.workbook.build --check
    python docs/generate_commands.py --check
    python -m translations --check

# Generate the workbook, the page of commands and the catalogues of texts.
generate:
    python -m kopilot_xl.workbook.build
    python docs/generate_commands.py
    python -m translations

# Draw the pictures of the README (LibreOffice and Chromium are needed).
pictures:
    python -m docs.pictures.make
    python -m docs.pictures.report

# Compare a refresh with its peers on this machine.
bench *arguments:
    python -m bench {{arguments}}

# Refresh workbooks that were damaged at random.
fuzz seconds="60" *arguments:
    python -m tests.safety.fuzz --seconds {{seconds}} {{arguments}}

# Find the newest versions that all extras agree on, and write them to constraints.txt with their hashes.
lock:
    uv pip compile --universal --python-version 3.11 --all-extras --generate-hashes --no-annotate --no-emit-index-url --custom-compile-command "just lock" --upgrade --quiet --output-file constraints.txt pyproject.toml

# Install exactly what constraints.txt says, as every build does.
sync:
    python -m pip install --require-hashes -r constraints.txt
    python -m pip install --no-deps -e .

# Extract the texts that users read, bring each language's catalogue up to date, and compile it.
texts:
    python -m translations

# Everything a build runs.
all:
    .ci/run

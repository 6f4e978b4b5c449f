"""The group of commands: no traceback gets out of it, and every end has its exit code."""

from __future__ import annotations

import signal
from collections.abc import Callable
from enum import IntEnum
from inspect import cleandoc
from typing import Annotated, Any, TypeVar

import typer
from typer.core import TyperGroup, TyperOption

from kopilot_xl._version import __version__
from kopilot_xl.cli.speaking import OPTION, checked_language
from kopilot_xl.cli.stderr import NAME, be_quiet, hide_secrets, is_typers_own, is_unheard, print_message, silence_stdout
from kopilot_xl.errors import NotBookError, OutputError, UsageError, reason
from kopilot_xl.texts import LANGUAGES, t

F = TypeVar("F", bound=Callable[..., Any])


class Exit(IntEnum):
    """Exit codes; wrong usage is 2, as everywhere, and a stop by a signal is `STOPPED` plus its number."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    STOPPED = 128
    UNHEARD = 141


_OTHER_WORDS = {"add", "append", "import", "load", "merge"}
_EXPORT_OPTIONS = {"--clients", "--transactions"}


class CommandGroup(TyperGroup):
    """The group of commands, which lets no traceback out: every end has its exit code."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments; no command is quiet because one before it was."""
        be_quiet(False)
        try:
            return super().parse_args(ctx, args)
        except (OSError, SystemExit) as error:  # what --help and --version print was not taken
            if isinstance(error, SystemExit) and not is_unheard(error):
                raise
            silence_stdout()
            if is_unheard(error):
                raise typer.Exit(Exit.UNHEARD) from None
            print_message(reason(error))
            raise typer.Exit(Exit.FAILED) from None

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command, which takes `--quiet` and `--language` beside its own options."""
        found = super().get_command(ctx, cmd_name)
        if found is not None:
            names = {each.name for each in found.params}
            found.params += [option() for name, option in _OF_ALL.items() if name not in names]
        return found

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that is meant; `help COMMAND` is its help, and another word for `update` is answered."""
        if args and args[0] == "help" and self.get_command(ctx, "help") is None:
            if not args[1:]:
                typer.echo(ctx.get_help())
                ctx.exit()
            name, found, _ = super().resolve_command(ctx, args[1:2])
            return name, found, ["--help"]
        if args and args[0] in _OTHER_WORDS:
            raise typer.BadParameter(
                t("there is no command {name}: kopilot-xl update brings an export into a workbook.", name=args[0]),
                ctx=ctx,
            )
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run a command; whatever it raises becomes a message and an exit code."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as stop:
            print_message(t("stopped. Every file is as it was before, or done."))
            raise typer.Exit(Exit.STOPPED + getattr(stop, "number", signal.SIGINT)) from None
        except BaseException as error:
            if is_unheard(error):
                silence_stdout()
                raise typer.Exit(Exit.UNHEARD) from None
            if isinstance(error, (NotBookError, OutputError)):  # a line: its commands can be copied
                print_message(reason(error))
                raise typer.Exit(Exit.USAGE) from None
            if isinstance(error, UsageError):
                error = _as_typers_own(error, ctx)
            if is_typers_own(error):
                if getattr(error, "option_name", None) in _EXPORT_OPTIONS and ctx.invoked_subcommand == "refresh":
                    error = typer.BadParameter(
                        t("refresh takes no exports: kopilot-xl update brings them into a workbook."), ctx=ctx
                    )
                hide_secrets(error)
                raise error from None
            if isinstance(error, OSError) and error.filename is None:
                silence_stdout()  # else what is left to print would be refused again
            print_message(reason(error))
            raise typer.Exit(Exit.FAILED) from None


def _as_typers_own(error: UsageError, ctx: Any) -> typer.BadParameter:
    """Return the error that shows a command's usage, and the argument as it is written there."""
    command = ctx.command.get_command(ctx, ctx.invoked_subcommand)
    written = {each.name: each.opts[0] if each.param_type_name == "option" else each.metavar for each in command.params}
    usage = command.context_class(command, info_name=command.name, parent=ctx)
    return typer.BadParameter(error.text, ctx=usage, param_hint=written.get(error.argument, error.argument))


QUIET = "quiet"


def _quiet_option() -> TyperOption:
    """The option that every command takes."""

    return TyperOption(
        param_decls=["--quiet", "-q"],
        is_flag=True,
        default=False,
        expose_value=False,
        callback=lambda ctx, param, value: _be_quiet(value),
        help=t("Print nothing but errors, and what --json asks for."),
    )


def _language_option() -> TyperOption:
    """The option that every command takes, and that `speak_to_user` has looked for already."""

    return TyperOption(
        param_decls=[OPTION],
        metavar="|".join(LANGUAGES),
        expose_value=False,
        callback=lambda ctx, param, value: checked_language(value),
        help=_LANGUAGE,
    )


LANGUAGE = "language"
_LANGUAGE = t("The language of what is printed and made: by default the system's, else English.")
_OF_ALL = {QUIET: _quiet_option, LANGUAGE: _language_option}


app = typer.Typer(
    name=NAME,
    cls=CommandGroup,
    rich_markup_mode="rich",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def command(*examples: str) -> Callable[[F], F]:
    """Make a function a command: its docstring is the help, as `t` has it, with examples of calls below."""

    def register(function: F) -> F:
        calls = (f"[cyan]{NAME} {example}[/cyan]" for example in examples)
        epilog = "\n\n".join([f"[bold]{t('Examples')}[/bold]", *calls])
        text = t(cleandoc(function.__doc__ or ""))
        paragraphs = (" ".join(each.split()) for each in text.split("\n\n"))  # else the source's lines would be shown
        return app.command(help="\n\n".join(paragraphs), epilog=epilog)(function)

    return register


def _be_quiet(wanted: bool) -> None:
    if wanted:
        be_quiet(True)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"{NAME} {__version__}")
        raise typer.Exit


@app.callback(help=t("Where each client stands, and what shape the portfolio is in, straight from the Excel workbook."))
def _kopilot(
    version: Annotated[
        bool, typer.Option("--version", "-V", callback=_version, is_eager=True, help=t("Show the version and exit."))
    ] = False,
    quiet: Annotated[
        bool,
        typer.Option(
            "--quiet", "-q", callback=_be_quiet, help=t("Print nothing but errors, and what --json asks for.")
        ),
    ] = False,
    language: Annotated[
        str | None,
        typer.Option(
            OPTION, metavar="|".join(LANGUAGES), callback=checked_language, help=_LANGUAGE, show_default=False
        ),
    ] = None,
) -> None:
    """Where each client stands, and what shape the portfolio is in, straight from the Excel workbook."""

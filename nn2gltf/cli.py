"""The command line: a lazy group of commands, and errors as one line with an exit code.

Nothing heavy is imported before a command runs: ``nn2gltf --help`` knows the commands from a table.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import re
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from types import FrameType
from typing import Any

import click

from nn2gltf.commands.shared import Session
from nn2gltf.commands.terminal import paint
from nn2gltf.errors import InternalError, InterruptedRunError, LimitError, Nn2gltfError, UsageError, safe
from nn2gltf.version import VERSION

COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("nn2gltf.commands.demo:demo", "Train a small network, write .glb, .html and .pt."),
    "export": ("nn2gltf.commands.export:export", "Turn a model or a recording into a scene."),
    "train": ("nn2gltf.commands.train:train", "Train a network with recording."),
    "view": ("nn2gltf.commands.view:view", "Open a scene in the browser."),
    "html": ("nn2gltf.commands.html:html", "Put a scene into one offline page."),
    "render": ("nn2gltf.commands.render:render", "Draw a scene into a picture or a film."),
    "inspect": ("nn2gltf.commands.inspect:inspect", "Say what a model, recording or scene holds."),
    "validate": (
        "nn2gltf.commands.validate:validate",
        "Check a scene by the rules of glTF and our own.",
    ),
    "styles": ("nn2gltf.commands.styles:styles", "List the styles."),
    "doctor": ("nn2gltf.commands.doctor:doctor", "Say what is installed and what is missing."),
    "completion": ("nn2gltf.commands.completion:completion", "Print a completion script for a shell."),
}
"""Command to ``module:function`` and its line in the help."""

SIGTERM_EXIT = 143
_BROKEN_PIPE_EXIT = 141


class LazyGroup(click.Group):
    """A group that imports a command's module when the command is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Names in the order of the table: the way a person meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import a command."""
        if cmd_name not in COMMANDS:
            return None
        module, _, function = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), function)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command, or say which ones there are."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            close = get_close_matches(args[0], COMMANDS, n=1)
            hint = f"Did you mean {close[0]!r}?" if close else f"Commands: {', '.join(COMMANDS)}."
            raise UsageError(f"unknown command {safe(args[0])!r}", code="E_UNKNOWN_NAME", hint=hint)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run; click itself would answer Ctrl+C with an empty line before our own."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as stop:
            raise _stopped("interrupted", stop) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The table, without importing anything."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Options also come from NN2GLTF_<OPTION> and from a command's table in --config FILE.toml.",
)
@click.version_option(VERSION, prog_name="nn2gltf", message="%(prog)s %(version)s")
@click.pass_context
def app(context: click.Context) -> None:
    """Neural networks as animated glTF scenes.

    Start with: nn2gltf demo
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit code; every failure is one line on stderr.

    Args:
        arguments: Without the program's name; those of the process when None.
    """
    session = Session()
    _tolerate_any_name()
    try:
        with _terminable():
            app.main(args=arguments, prog_name="nn2gltf", obj=session, standalone_mode=False)
            sys.stdout.flush()
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except BrokenPipeError:
        _silence_stdout()
        return _BROKEN_PIPE_EXIT
    except _Terminated as error:
        _report(_translate(error), session)
        return SIGTERM_EXIT
    except BaseException as error:
        known = _translate(error)
        _report(known, session)
        return known.exit_code
    return 0


def program() -> int:
    """What the installed program and ``python -m nn2gltf`` run: :func:`main`, deaf to Ctrl+C once it has ended.

    An impatient second Ctrl+C would else meet Python's own clearing up, and print a traceback below our line.
    """
    try:
        return main()
    except KeyboardInterrupt:
        return InterruptedRunError.exit_code
    finally:
        with contextlib.suppress(ValueError):  # Not the main thread.
            signal.signal(signal.SIGINT, signal.SIG_IGN)


def _translate(error: BaseException) -> Nn2gltfError:
    """Any exception as one of ours."""
    if isinstance(error, Nn2gltfError):
        return error
    if isinstance(error, click.ClickException):
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "nn2gltf"
        return UsageError(_sentence(error), hint=f"See: {command} --help")
    if isinstance(error, _Terminated):
        return _stopped("stopped by SIGTERM", error)
    if isinstance(error, (click.Abort, KeyboardInterrupt)):
        return _stopped("interrupted", error)
    if isinstance(error, MemoryError):
        return LimitError("out of memory", hint="Use fewer steps, probes or layers.")
    return InternalError(f"{type(error).__name__}: {safe(error)}")


def _sentence(error: click.ClickException) -> str:
    """What click found wrong, as one sentence without a question in it and without the names of its classes."""
    text = " ".join(error.format_message().split())
    text = re.sub(r"\.? Did you mean (?P<names>[^?]*)\?", r"; did you mean \g<names>", text)
    for ours, theirs in (("whole number", "integer"), ("number", "float")):
        text = text.replace(f"a valid {theirs} range", f"a {ours}").replace(f"a valid {theirs}", f"a {ours}")
    return safe(text, limit=1000)


def _stopped(what: str, error: BaseException) -> InterruptedRunError:
    """A stop; what was kept is in the notes that the exception got on its way up."""
    return InterruptedRunError(what, hint=" ".join(getattr(error, "__notes__", ())))


def _report(error: Nn2gltfError, session: Session) -> None:
    if session.debug:
        traceback.print_exc(file=sys.stderr)
    prefix = paint(f"nn2gltf: error[{error.code}]:", "red", stream=sys.stderr)
    click.echo(f"{prefix} {error.line()}", err=True)


class _Terminated(BaseException):
    """SIGTERM, as an exception, so that temporary files are removed on the way out."""


@contextlib.contextmanager
def _terminable() -> Iterator[None]:
    def stop(_number: int, _frame: FrameType | None) -> None:
        raise _Terminated

    try:
        previous = signal.signal(signal.SIGTERM, stop)
    except ValueError:  # Not the main thread: whoever runs us there deals with signals.
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


def _tolerate_any_name() -> None:
    """A terminal that cannot show a letter gets its escape, not an error."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):  # Not a text file of Python's own.
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


def _silence_stdout() -> None:
    """The reader of our output left (``| head``): the flush at exit must not complain."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

"""Options that many commands share, and where their values come from: flags, environment, TOML, defaults."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from nn2gltf.errors import InputDataError, UsageError, safe
from nn2gltf.files import check_input

Command = TypeVar("Command", bound=Callable[..., Any])

ANY_PATH = click.Path(path_type=Path, readable=False)
"""A path as it was typed: whoever opens it says what is wrong with it, so that one mistake has one code."""

Options = dict[str, tuple[str | None, Any, str]]

SCENE_OPTIONS: Options = {
    "style": ("NAME|FILE", str, "Look of the scene; see nn2gltf styles.  [default: stage]"),
    "cmap": (
        "NAME",
        str,
        "Colour map in place of the style's: viridis, magma, inferno, plasma, grey; NAME_r.",
    ),
    "layout": ("NAME", str, "How layers are placed.  [default: auto]"),
    "probe": (
        "N",
        click.IntRange(0),
        "Probe of the main clip.  [default: the first one classified correctly]",
    ),
    "title": ("TEXT", str, "Title plate.  [default: the model's name]"),
    "connections": ("N", click.IntRange(0), "Most connections drawn one by one.  [default: 280]"),
    "max_units": ("N", click.IntRange(1), "Widest layer drawn as bodies in 3D.  [default: 512]"),
    "detail": ("N", click.IntRange(2), "Most things a flow opens.  [default: 84]"),
    "max_mb": ("X", click.FloatRange(0.05), "Most megabytes of big networks' maps.  [default: one page]"),
    "profile": (
        "NAME",
        str,
        "web (small), blender (at most 1,000 animated nodes) or full.  [default: blender]",
    ),
    "layers": ("GLOB", tuple, "Layers to draw, by id; !GLOB leaves some out. Repeatable.  [default: all]"),
    "depth": ("N", click.IntRange(1), "Draw modules nested deeper as one layer each.  [default: no limit]"),
    "fold": (None, bool, "Draw identical blocks in a row once.  [default: no-fold]"),
}
"""Keyword of :func:`nn2gltf.export` to what ``--help`` says."""

TRAINING_OPTIONS: Options = {
    "epochs": ("N", click.IntRange(1), "Passes over the training images.  [default: 10]"),
    "batch_size": ("N", click.IntRange(1), "Images per step.  [default: 64]"),
    "lr": ("X", float, "Learning rate at the start.  [default: 0.003]"),
    "seed": ("N", int, "For initial weights and the order of the data.  [default: 0]"),
}
"""Field of :class:`nn2gltf.train.options.TrainOptions` to what ``--help`` says."""

FLAG_ONLY = {"trust_model_code", "force", "config", "help"}
"""What neither the environment nor a file may switch on."""


@dataclass
class Session:
    """State of one run of the program.

    Attributes:
        debug: Print tracebacks.
        json: Print one JSON object instead of text.
    """

    debug: bool = False
    json: bool = False


def option(*names: str, **settings: Any) -> Callable[[Command], Command]:
    """A click option that can also be set as ``NN2GLTF_<NAME>``, and that shows its default."""
    long = max((name for name in names if name.startswith("--")), key=len).partition("/")[0]
    settings.setdefault("envvar", "NN2GLTF_" + long.lstrip("-").replace("-", "_").upper())
    settings.setdefault("show_default", settings.get("default") is not None)
    return click.option(*names, **settings)


def common_options(*, writes: bool = False, config: bool = False) -> Callable[[Command], Command]:
    """``--json`` and ``--debug``; ``--force`` where files are written; ``--config`` where options are many."""
    flag: dict[str, Any] = {"is_flag": True, "expose_value": False, "callback": _keep}
    options = [
        click.option("--json", **flag, help="Print one JSON object."),
        click.option("--debug", **flag, help="Print tracebacks."),
    ]
    if config:
        options.insert(0, _config_option())
    if writes:
        options.insert(0, click.option("--force", is_flag=True, help="Replace files of other programs."))

    def decorate(command: Command) -> Command:
        for add in reversed(options):
            command = add(command)
        return command

    return decorate


def _config_option() -> Callable[[Command], Command]:
    return click.option(
        "--config",
        type=ANY_PATH,
        is_eager=True,
        expose_value=False,
        callback=_read_config,
        metavar="FILE",
        help="TOML file with a table of options for this command.",
    )


def scene_options(command: Command) -> Command:
    """Options on how a scene looks; their values arrive as one ``scene`` dictionary without unset ones."""
    return _gather(command, SCENE_OPTIONS, "scene")


def training_options(command: Command) -> Command:
    """Options on how a network is trained; their values arrive as one ``training`` dictionary."""
    return _gather(command, TRAINING_OPTIONS, "training")


def _gather(command: Command, options: Options, into: str) -> Command:
    """Add options and hand those that were set to the command as one argument."""

    @wraps(command)
    def gathered(*arguments: Any, **values: Any) -> Any:
        chosen = {name: values.pop(name) for name in options}
        values[into] = {name: value for name, value in chosen.items() if value not in (None, ())}
        return command(*arguments, **values)

    decorated: Any = gathered
    for name, (metavar, kind, text) in reversed(options.items()):
        decorated = _from_table(name, metavar, kind, text)(decorated)
    result: Command = decorated
    return result


def _from_table(name: str, metavar: str | None, kind: Any, text: str) -> Callable[[Command], Command]:
    """One option of a table; a ``bool`` is a pair of flags, a ``tuple`` may be given several times."""
    flag = name.replace("_", "-")
    if kind is bool:
        return option(f"--{flag}/--no-{flag}", help=text, default=None)
    if kind is tuple:
        return option(f"--{flag}", multiple=True, metavar=metavar, help=text)
    return option(f"--{flag}", type=kind, metavar=metavar, help=text, default=None)


def output_option(default: str | None, description: str) -> Callable[[Command], Command]:
    """``-o``."""
    return click.option(
        "-o",
        "--output",
        type=ANY_PATH,
        default=default,
        show_default=True,
        metavar="PATH",
        help=description,
    )


def _keep(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value and parameter.name:
        setattr(context.ensure_object(Session), parameter.name, True)


def _read_config(context: click.Context, _parameter: click.Parameter, value: Path | None) -> None:
    """Use the command's table as defaults; a key that the command lacks is an error, not a silent typo."""
    if value is None:
        return
    where = str(value)
    try:
        tables = tomllib.loads(check_input(value).read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        hint = f'Write a table of options, for example: [{context.info_name}] and below it style = "paper".'
        raise InputDataError(
            f"the configuration is not TOML: {safe(error)}", where=where, hint=hint
        ) from error
    loose = sorted(key for key, table in tables.items() if not isinstance(table, dict))
    if loose:
        hint = f"Put it into a table: [{context.info_name}]"
        raise UsageError(f"{safe(loose[0])!r} stands outside a command's table", where=where, hint=hint)
    known = _names_by_flag(context.command)
    given = {key.replace("_", "-"): item for key, item in tables.get(context.info_name or "", {}).items()}
    unknown = sorted(set(given) - set(known))
    if unknown:
        hint = f"Known: {', '.join(sorted(known))}."
        raise UsageError(
            f"unknown option {safe(unknown[0])!r} in the configuration",
            code="E_UNKNOWN_NAME",
            where=where,
            hint=hint,
        )
    table = {known[key]: item for key, item in given.items()}
    context.default_map = {**(context.default_map or {}), **table}


def _names_by_flag(command: click.Command) -> dict[str, str]:
    """Long flags without their dashes, as a file names them, to the names of the parameters they set."""
    return {
        flag.removeprefix("--"): parameter.name
        for parameter in command.params
        if isinstance(parameter, click.Option) and parameter.name and parameter.name not in FLAG_ONLY
        for flag in parameter.opts
        if flag.startswith("--")
    }

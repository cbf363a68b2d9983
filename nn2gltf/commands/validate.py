"""``nn2gltf validate``."""

from __future__ import annotations

from pathlib import Path

import click

from nn2gltf.commands.shared import ANY_PATH, Session, common_options
from nn2gltf.commands.terminal import next_command, note, put, put_json
from nn2gltf.errors import InputDataError


@click.command()
@click.argument("scene", type=ANY_PATH, metavar="SCENE.glb")
@common_options()
@click.pass_obj
def validate(session: Session, scene: Path) -> None:
    """Check a scene against the rules of glTF and our own; exit 65 when one is broken.

    Khronos' validator runs too when Node and its npm package are installed.
    """
    from nn2gltf.api.viewing import validate as validate_scene

    report = validate_scene(scene)
    if session.json:
        put_json({"file": str(scene), **report.to_json()})
    else:
        for problem in report.problems:
            put(str(problem))
        for line in report.notes:
            note(line)
        note(f"checked by {' and '.join(report.checkers)}")
        put(f"{scene}: {len(report.errors)} errors, {len(report.warnings)} warnings")
    if report.errors:
        first = report.errors[0]
        raise InputDataError(
            f"the scene breaks {len(report.errors)} rules, first {first.code} at {first.where or '/'}",
            code="E_VALIDATION",
            where=str(scene),
            hint="Export it again with this version of nn2gltf.",
        )
    if not session.json:
        next_command(f"nn2gltf view {scene}")

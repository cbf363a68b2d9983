"""``nn2gltf doctor``."""

from __future__ import annotations

import click

from nn2gltf.commands.shared import Session, common_options
from nn2gltf.commands.terminal import next_command, put, put_json


@click.command()
@common_options()
@click.pass_obj
def doctor(session: Session) -> None:
    """Say what is installed, what is missing, and what each missing thing is for."""
    from nn2gltf.commands.examine import examine

    findings = examine()
    if session.json:
        put_json({"findings": [finding.to_json() for finding in findings]})
        return
    for finding in findings:
        put(str(finding))
    next_command("nn2gltf demo")

"""A look at a source before any work: what would fail anyway fails first, and says what is wrong with the source."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from nn2gltf.api.files import is_file_source
from nn2gltf.errors import UsageError
from nn2gltf.files import check_input, check_readable
from nn2gltf.sources.content import peek_kind


def check_source(source: Any, output: str | os.PathLike[str]) -> None:
    """Make sure that a source, or each of several, can be read, is no plain other kind of file and is not the output.

    Raises:
        InputMissingError: A file is missing or may not be read.
        InputDataError: E_MODEL_FILE: a file is of a kind that no model is stored in.
        UsageError: The output would replace the source.
    """
    for item in source if isinstance(source, list | tuple) else [source]:
        if not isinstance(item, str | os.PathLike):
            continue
        check_readable(item)
        if not is_file_source(item):
            continue
        path = check_input(item)
        _check_kind(path)
        target = Path(output)
        if target.exists() and path.samefile(target):
            raise UsageError(
                "the output would replace the source", where=str(path), hint="Choose another name."
            )


def _check_kind(path: Path) -> None:
    from nn2gltf.api.file_job import no_model

    kind = peek_kind(path)
    if kind in ("scene", "page", "lfs", "keras", "unknown"):
        raise no_model(kind, path)

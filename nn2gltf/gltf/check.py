"""Checking a file: our own rules, then Khronos' validator when it is reachable."""

from __future__ import annotations

import os

from nn2gltf.gltf.check_data import check_accessors
from nn2gltf.gltf.check_extras import check_extras
from nn2gltf.gltf.check_tree import (
    check_animations,
    check_images,
    check_meshes,
    check_nodes,
    check_references,
)
from nn2gltf.gltf.khronos import check_khronos
from nn2gltf.gltf.read import GlbDocument, parse_glb, read_file_bytes
from nn2gltf.gltf.report import Findings, Report
from nn2gltf.gltf.schema import CORE, check_schema
from nn2gltf.version import GENERATOR


def check_glb(source: bytes | str | os.PathLike[str], *, khronos: bool = True) -> Report:
    """Check a .glb or self-contained .gltf file.

    Args:
        source: The bytes, or the path of a file.
        khronos: Also run Khronos' validator; a note says when it cannot run.

    Raises:
        InputMissingError: No regular file.
        InputDataError: It is not glTF at all: no header, chunk lengths that do not fit, damaged JSON.
        LimitError: The file or its JSON is too large.
    """
    data = source if isinstance(source, bytes) else read_file_bytes(source)
    where = "" if isinstance(source, bytes) else str(source)
    report = check_document(parse_glb(data, where=where))
    return report.merge(check_khronos(data)) if khronos else report


def check_document(document: GlbDocument) -> Report:
    """Our own checks. Later ones rely on earlier ones, so they stop at the first group that fails."""
    findings = Findings()
    for warning in document.warnings:
        findings.warn("FILE_LARGE", warning)
    if (
        check_schema(document.json, CORE, findings, code="GLTF_SCHEMA")
        and check_references(document, findings)
        and check_accessors(document, findings)
    ):
        check_nodes(document, findings)
        check_meshes(document, findings)
        check_animations(document, findings)
        check_images(document, findings)
        check_extras(document, findings)
    return Report(problems=tuple(findings.problems), checkers=(GENERATOR,))

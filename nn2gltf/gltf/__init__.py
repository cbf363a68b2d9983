"""glTF: a Scene to bytes and back, and the checks of a file. The only stage that knows about bytes."""

from nn2gltf.gltf.check import check_glb
from nn2gltf.gltf.read import GlbDocument, is_ours, parse_glb, read_glb
from nn2gltf.gltf.report import Problem, Report
from nn2gltf.gltf.summary import SceneSummary, summarize_scene
from nn2gltf.gltf.writer import EncodedFile, write_glb, write_gltf

__all__ = [
    "EncodedFile",
    "GlbDocument",
    "Problem",
    "Report",
    "SceneSummary",
    "check_glb",
    "is_ours",
    "parse_glb",
    "read_glb",
    "summarize_scene",
    "write_glb",
    "write_gltf",
]

"""From a recording to a scene to a file: the end of the line, without torch."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from nn2gltf.api.outputs import WrittenFile, check_scene_output
from nn2gltf.encode import EncodeOptions, encode_scene, prepare_scene
from nn2gltf.encode.named_maps import with_colormap
from nn2gltf.encode.sign_plates import measure as measure_text_width
from nn2gltf.encode.style import load_style
from nn2gltf.errors import LimitError, UsageError, safe
from nn2gltf.files import write_atomic
from nn2gltf.gltf import EncodedFile, write_glb, write_gltf
from nn2gltf.html import read_viewer, write_html
from nn2gltf.ir.recording import Recording
from nn2gltf.ir.scene import Scene
from nn2gltf.layout import LayoutOptions, find_layout, place_graph, select_layers
from nn2gltf.passes.options import PassOptions, simplify_graph
from nn2gltf.record.means import with_means

MOST_IN_A_ROW = 4_000
"""The row layout is quadratic in layers, and nobody can read a row of more."""


@dataclass(frozen=True, kw_only=True)
class SceneOptions:
    """What a caller may choose about a scene.

    Attributes:
        passes: Which layers are drawn.
        layout: How layers are placed.
        encode: How values are drawn.
    """

    passes: PassOptions = field(default_factory=PassOptions)
    layout: LayoutOptions = field(default_factory=LayoutOptions)
    encode: EncodeOptions = field(default_factory=EncodeOptions)

    @classmethod
    def from_keywords(cls, **keywords: Any) -> SceneOptions:
        """Sort flat keywords (``style="paper", max_units=64``) into the stages they belong to.

        Raises:
            UsageError: A keyword that no stage knows, or an unknown layout or style.
            EncodingError, InputMissingError: A damaged or missing style file.
        """
        keywords = {**_profile(keywords.pop("profile", None)), **keywords}
        stages = {"passes": PassOptions, "layout": LayoutOptions, "encode": EncodeOptions}
        known = {item.name: stage for stage, kind in stages.items() for item in fields(kind)}
        chosen: dict[str, dict[str, Any]] = {stage: {} for stage in stages}
        for name, value in keywords.items():
            if name not in known:
                close = get_close_matches(name, known, n=1)
                hint = f"Did you mean {close[0]}?" if close else f"Known: {', '.join(sorted(known))}."
                raise UsageError(f"unknown option {safe(name)!r}", code="E_UNKNOWN_NAME", hint=hint)
            chosen[known[name]][name] = value
        made = cls(
            passes=PassOptions(**chosen["passes"]),
            layout=LayoutOptions(**chosen["layout"]),
            encode=EncodeOptions(**chosen["encode"]),
        )
        with_colormap(load_style(made.encode.style), made.encode.cmap)
        if made.layout.layout != "auto":
            find_layout(made.layout.layout)
        return made


PROFILES: dict[str, dict[str, Any]] = {
    "web": {"max_mb": 4.0, "all_probes": False},
    "blender": {},
    "full": {"max_animated_nodes": 100_000, "detail": 240, "most_cards": 400},
}
"""Profile to the options that it sets; the default is ``blender``: at most 1,000 animated nodes."""


def _profile(name: str | None) -> dict[str, Any]:
    if name is None:
        return {}
    if name not in PROFILES:
        hint = f"Known profiles: {', '.join(PROFILES)}."
        raise UsageError(f"unknown profile {safe(name)!r}", code="E_UNKNOWN_NAME", hint=hint)
    return PROFILES[name]


def export_recording(
    recording: Recording,
    output: str | os.PathLike[str],
    *,
    force: bool = False,
    made_with: Mapping[str, object] | None = None,
    **options: Any,
) -> WrittenFile:
    """Turn a recording into a scene file.

    Args:
        output: ``.glb``, ``.gltf`` or ``.html``; checked before any work.
        force: Replace a file that nn2gltf did not write.
        made_with: Options of earlier stages, by stage, for the extras.
        options: See :class:`SceneOptions`.

    Raises:
        UsageError, EncodingError: An option makes no sense.
        OutputError, WriteError: The file cannot be written.
    """
    chosen = SceneOptions.from_keywords(**options)
    target = check_scene_output(output, force=force)
    scene = encode_recording(recording, chosen, made_with=made_with)
    return write_scene(scene, target)


def encode_recording(
    recording: Recording, options: SceneOptions, *, made_with: Mapping[str, object] | None = None
) -> Scene:
    """Simplify, prepare, place and draw; recorded means stand behind the probes.

    Args:
        made_with: Options of earlier stages, by stage, for the extras.
    """
    recording = with_means(recording)
    graph = simplify_graph(recording.graph, options.passes)
    layout = replace(
        options.layout,
        has_values=bool(recording.recorded),
        classifier=bool(recording.classes) or any(probe.label is not None for probe in recording.probes),
    )
    selection = select_layers(graph, options=layout)
    if selection.labelled and len(selection.drawn) > MOST_IN_A_ROW:
        raise LimitError(
            f"the scene would have {len(selection.drawn):,} layers in a row, more than {MOST_IN_A_ROW:,}",
            where=graph.name,
            hint="Draw less of it: --depth 2, --fold or --layers GLOB; or another layout: --layout flow.",
        )
    prepared = prepare_scene(recording, graph, options=options.encode, selection=selection)
    placement = place_graph(graph, options=layout, plates=prepared.plates.sizes, measure=measure_text_width)
    stages = {**(made_with or {}), "passes": asdict(options.passes), "layout": asdict(options.layout)}
    return encode_scene(prepared, placement, made_with=stages)


def write_scene(scene: Scene, path: Path) -> WrittenFile:
    """Write a scene as its suffix says; the file is whole or absent.

    Raises:
        WriteError: The disk is full, or an I/O error.
    """
    suffix = path.suffix.lower()
    encoded = write_gltf(scene) if suffix == ".gltf" else write_glb(scene)
    chunks: EncodedFile | list[bytes] = encoded
    if suffix == ".html":
        chunks = [write_html(read_viewer(), bytes(encoded), name=path.with_suffix(".glb").name)]
    size = write_atomic(path, chunks)
    return WrittenFile(path=path, size=size, not_finite=encoded.not_finite, notes=_notes(scene))


def _notes(scene: Scene) -> tuple[str, ...]:
    notes: list[str] = []
    for key in ("reductions", "report"):
        lines = scene.extras.get(key)
        notes += [str(line) for line in lines] if isinstance(lines, list) else []
    return tuple(notes)

"""What a scene file holds, for a person and as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nn2gltf.gltf.read import GlbDocument
from nn2gltf.ir.json import JsonObject

_COUNTED = ("nodes", "meshes", "materials", "textures", "images", "animations", "accessors")


@dataclass(frozen=True, kw_only=True)
class SceneSummary:
    """Facts about one file.

    Attributes:
        counts: Number of nodes, meshes and so on; ``animatedNodes`` counts the nodes that any clip moves.
        extras: ``scenes[0].extras.nn2gltf``, None in a file of another program.
    """

    size: int
    generator: str
    counts: dict[str, int]
    extras: dict[str, Any] | None

    def to_json(self) -> JsonObject:
        """JSON form."""
        return {
            "kind": "scene",
            "size": self.size,
            "generator": self.generator,
            "counts": dict(self.counts),
            "scene": self.extras,
        }

    def __str__(self) -> str:
        """A short report: the model, its layers, its steps and its clips."""
        head = f"{self.size:,} bytes, written by {self.generator or 'an unnamed program'}"
        counts = ", ".join(f"{count} {name}" for name, count in self.counts.items())
        if self.extras is None:
            return f"{head}\n{counts}\nno nn2gltf extras: only the counts are known"
        return "\n".join([*_describe(self.extras), counts, head])


def summarize_scene(document: GlbDocument) -> SceneSummary:
    """Count what a parsed file holds; parts of another shape than glTF's count as none."""
    data: dict[str, Any] = document.json
    counts = {name: len(data[name]) if isinstance(data.get(name), list) else 0 for name in _COUNTED}
    counts["animatedNodes"] = len(_animated(data))
    return SceneSummary(
        size=document.size, generator=document.generator, counts=counts, extras=document.extras
    )


def _animated(data: dict[str, Any]) -> set[int]:
    targets = [
        channel.get("target")
        for animation in _dicts(data.get("animations"))
        for channel in _dicts(animation.get("channels"))
    ]
    nodes = [target.get("node") for target in targets if isinstance(target, dict)]
    return {node for node in nodes if isinstance(node, int)}


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _describe(extras: dict[str, Any]) -> list[str]:
    """Lines from extras of any shape: a stranger's file may hold anything under our name."""
    model = _dict(extras.get("model"))
    lines = [f"{model.get('name')}: {model.get('parameters')} parameters, weights {model.get('weights')}"]
    for layer in _dicts(extras.get("layers")):
        shapes = " ".join(_shape(tensor) for tensor in _dicts(layer.get("outputs")))
        title = layer.get("title") or layer.get("op")
        lines.append(
            f"  {layer.get('id')!s:<24} {title!s:<36} {shapes:<16} {layer.get('parameters') or '':>10}"
        )
    for step in _dicts(extras.get("steps")):
        metrics = _dict(step.get("metrics"))
        shown = "  ".join(f"{name} {_number(value)}" for name, value in metrics.items())
        lines.append(f"  epoch {step.get('epoch')!s:<5} {shown}")
    clips = ", ".join(str(clip.get("name")) for clip in _dicts(extras.get("clips")))
    lines.append(f"clips: {clips or 'none'}")
    reductions = extras.get("reductions")
    lines += [f"note: {text}" for text in reductions] if isinstance(reductions, list) else []
    return lines


def _shape(tensor: dict[str, Any]) -> str:
    shape = tensor.get("shape")
    return "x".join(map(str, shape)) if isinstance(shape, list) else "?"


def _number(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, (int, float)) else "not finite"

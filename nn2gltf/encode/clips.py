"""Clips and their groups: every clip writes the state of every group (ENCODING.md, Clips)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from nn2gltf.encode.timing import constant
from nn2gltf.ir.scene import Clip, Track

EPOCHS = "epochs"
FORWARD = "forward pass"

Path = Literal["scale", "weights"]


def probe_clip_name(probe: int) -> str:
    """Name of the clip that shows a probe other than the main one."""
    return f"probe {probe}"


@dataclass
class _Draft:
    kind: str
    duration: float
    probe: int
    tracks: list[Track] = field(default_factory=list)
    groups: list[int] = field(default_factory=list)


@dataclass
class ClipBook:
    """Clips being written. The first one opened is the main one."""

    drafts: dict[str, _Draft] = field(default_factory=dict)

    def open(self, name: str, *, kind: str, duration: float, probe: int) -> None:
        """Start a clip."""
        self.drafts[name] = _Draft(kind=kind, duration=duration, probe=probe)

    def own(self, clip: str, group: int) -> None:
        """Say that a group node is shown by this clip only; without clips everything is always shown."""
        if self.drafts:
            self.drafts[clip].groups.append(group)

    def track(
        self,
        clip: str,
        node: int,
        keys: tuple[npt.NDArray[Any], npt.NDArray[Any]],
        *,
        path: Path = "scale",
        interpolation: Literal["STEP", "LINEAR"] = "STEP",
    ) -> None:
        """Animate a node's property in one clip; keys are (times, values)."""
        self.drafts[clip].tracks.append(
            Track(node=node, path=path, times=keys[0], values=keys[1], interpolation=interpolation)
        )

    def duration(self, clip: str) -> float:
        """End of a clip, seconds."""
        return self.drafts[clip].duration

    def finish(self) -> tuple[Clip, ...]:
        """All clips, each with a constant track for every group: 1 for its own, 0 for the others'."""
        clips = []
        for name, draft in self.drafts.items():
            states = [
                Track(node=group, path="scale", times=times, values=values)
                for owner, other in self.drafts.items()
                for group in other.groups
                for times, values in [constant(1.0 if owner == name else 0.0, draft.duration)]
            ]
            clips.append(Clip(name=name, tracks=(*states, *draft.tracks)))
        return tuple(clips)

    def animated_nodes(self) -> int:
        """Number of nodes that any clip moves."""
        tracked = {track.node for draft in self.drafts.values() for track in draft.tracks}
        return len(tracked | {group for draft in self.drafts.values() for group in draft.groups})


def hold(value: npt.NDArray[Any], duration: float) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Keys that keep one (k,) value over a whole clip."""
    return np.array([0.0, duration], np.float32), np.repeat(np.asarray(value, np.float32)[None], 2, axis=0)

"""Recording: probes, the recorder of a training run, and the folder it is kept in.

Import :class:`nn2gltf.record.torch_recorder.Recorder` from its module; what is here needs no torch.
"""

from __future__ import annotations

from nn2gltf.record.lock import is_being_written
from nn2gltf.record.probes import choose_probes, name_probes
from nn2gltf.record.reader import is_recording, read_recording
from nn2gltf.record.store import RecordingWriter, write_recording

__all__ = [
    "RecordingWriter",
    "choose_probes",
    "is_being_written",
    "is_recording",
    "name_probes",
    "read_recording",
    "write_recording",
]

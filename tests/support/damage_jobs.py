"""A job that reads many damaged files in one child: a fork for each of 20,000 would be most of the time."""

from __future__ import annotations

import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from damaged_files import mutations

from nn2gltf.api.file_job import read_files
from nn2gltf.api.file_request import FileRequest
from nn2gltf.errors import Nn2gltfError

HANG_SECONDS = 30


def read_many(arguments: Mapping[str, Any], blocks: Sequence[memoryview]) -> tuple[list[Any], list[bytes]]:
    """Exit code of each damaged copy of one file; a text where something else than an error of ours was raised."""
    path = Path(arguments["path"])
    found: list[Any] = []
    signal.signal(signal.SIGALRM, _hangs)
    for data in mutations(bytes(blocks[0]), arguments["count"], seed=arguments["seed"]):
        path.write_bytes(data)
        signal.alarm(HANG_SECONDS)
        try:
            read_files(FileRequest(paths=(str(path),)))
            found.append(0)
        except Nn2gltfError as error:
            found.append(error.exit_code if "\n" not in str(error) else str(error))
        except MemoryError:
            found.append(75)
        except Exception as error:  # what the test looks for
            path.with_name(f"kept-{arguments['seed']}-{len(found)}{path.suffix}").write_bytes(data)
            found.append(f"{type(error).__name__}: {error}")
        finally:
            signal.alarm(0)
    return found, []


def _hangs(_number: int, _frame: FrameType | None) -> None:
    raise TimeoutError(f"over {HANG_SECONDS} s")

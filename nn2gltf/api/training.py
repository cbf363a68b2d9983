"""Training with recording, and the demo: the whole line in one call."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nn2gltf.api.outputs import check_scene_output
from nn2gltf.errors import OutputError, UsageError
from nn2gltf.files import check_output

if TYPE_CHECKING:
    from nn2gltf.api.torch_training import TrainedRun
    from nn2gltf.train.loop import Progress
    from nn2gltf.train.options import TrainOptions


def train_model(
    model: Any = "lenet",
    *,
    data: str = "auto",
    data_dir: str | os.PathLike[str] | None = None,
    options: TrainOptions | None = None,
    output: str | os.PathLike[str] | None = None,
    record: str | os.PathLike[str] | None = None,
    save: str | os.PathLike[str] | None = None,
    resume: bool = False,
    image_size: int | None = None,
    progress: Progress | None = None,
    force: bool = False,
    **scene_options: Any,
) -> TrainedRun:
    """Train a classifier of pictures with recording; one probe of each class is watched.

    Every output is checked before training.

    Args:
        model: A name (``mlp``, ``mlp-deep``, ``lenet``, ``resnet``), a specification (``net.py:Net``) or an
            ``nn.Module``, which is trained in place.
        data: ``auto``, ``mnist``, ``fashion-mnist``, ``kmnist``, ``digits``, any classification data set of torchvision
            (``cifar10``), a folder of IDX files, or one with a folder of pictures for each class.
        data_dir: Where the data set's files are, or are downloaded to.
        image_size: Side of pictures from torchvision or a folder, pixels; by default their own, 64 at most.
        options: Epochs, learning rate, seed ...
        output: Scene to write: ``.glb``, ``.gltf`` or ``.html``.
        record: Folder to record into, durable after every epoch; in memory when None.
        save: Model file to write.
        resume: Go on with the run in ``record``, if there is one, as if it had never stopped; the settings must be
            the same.
        progress: Who watches the run.
        force: Replace files that nn2gltf did not write.
        scene_options: See :class:`~nn2gltf.api.scenes.SceneOptions`.

    Raises:
        UsageError: A name or option makes no sense, or the model does not take the pictures.
        InputMissingError, InputDataError: The data is missing or damaged.
        OutputError: An output cannot be created; nothing was trained.
        InterruptedRunError: Ctrl+C; everything is written with the epochs that were finished.
    """
    from nn2gltf.api.scenes import SceneOptions

    SceneOptions.from_keywords(**scene_options)
    if resume and record is None:
        hint = "Say which run to go on with: --record run.nn2gltf"
        raise UsageError("there is nothing to resume without a recording", hint=hint)
    from nn2gltf.train.registry import find_model

    if isinstance(model, str) and ":" not in model:
        find_model(model)
    _check_outputs(output, record, save, force=force)
    from nn2gltf.api.torch_training import TrainingJob, run_job
    from nn2gltf.train.data import load_dataset

    job = TrainingJob(
        data_name=data,
        images=load_dataset(data, data_dir=data_dir, image_size=image_size),
        options=options,
        outputs=() if output is None else (Path(output),),
        record=record,
        save=save,
        resume=resume,
        scene_options=scene_options,
    )
    return run_job(job, model, progress=progress, force=force)


def demo(
    folder: str | os.PathLike[str] = "out",
    *,
    model: str = "lenet",
    data: str = "auto",
    data_dir: str | os.PathLike[str] | None = None,
    options: TrainOptions | None = None,
    progress: Progress | None = None,
    force: bool = False,
    **scene_options: Any,
) -> TrainedRun:
    """Train a small network with recording and write the scene, one offline page of it, and the model.

    Args:
        folder: Gets ``<model>.glb``, ``<model>.html`` and ``<model>.pt``; made when it is missing.
        model: ``mlp``, ``mlp-deep``, ``lenet`` or ``resnet``.
        data: ``auto`` takes MNIST when it is on disk or downloaded within 10 s, else the bundled digits.

    Other arguments, and what is raised: see :func:`train_model`.
    """
    from nn2gltf.api.scenes import SceneOptions
    from nn2gltf.api.torch_training import TrainingJob, run_job
    from nn2gltf.train.data import load_dataset
    from nn2gltf.train.registry import find_model

    SceneOptions.from_keywords(**scene_options)
    find_model(model)
    place = _make_folder(Path(folder))
    outputs = (place / f"{model}.glb", place / f"{model}.html")
    for output in outputs:
        _check_outputs(output, None, place / f"{model}.pt", force=force)
    job = TrainingJob(
        data_name=data,
        images=load_dataset(data, data_dir=data_dir),
        options=options,
        outputs=outputs,
        save=place / f"{model}.pt",
        scene_options=scene_options,
    )
    return run_job(job, model, progress=progress, force=force)


def _check_outputs(
    output: str | os.PathLike[str] | None,
    record: str | os.PathLike[str] | None,
    save: str | os.PathLike[str] | None,
    *,
    force: bool,
) -> None:
    if output is not None:
        check_scene_output(output, force=force)
    if save is not None:
        from nn2gltf.api.torch_model import is_our_model

        check_output(save, force=force, is_ours=is_our_model)
    if record is not None:
        from nn2gltf.record.store import check_recording_output

        check_recording_output(record, force=force)


def _make_folder(folder: Path) -> Path:
    try:
        folder.mkdir(exist_ok=True)
    except FileExistsError:
        raise OutputError(
            "the output folder is a file", where=str(folder), hint="Choose another name."
        ) from None
    except FileNotFoundError:
        hint = f"Make it first: mkdir -p {folder.parent}"
        raise OutputError(
            "the parent of the output folder does not exist", where=str(folder), hint=hint
        ) from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(
            reason.lower(), where=str(folder), hint="Choose a folder you may write to."
        ) from error
    return folder

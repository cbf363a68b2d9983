"""The animation is true in every program: every clip, at every step, alone and after any other clip."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest
import tamper
from compare import find_problems
from observe import Consumer, Moment
from pixels import find_wrong_pixels, view_of
from truth import Truth

SHOWN_PROBLEMS = 12


def with_views(truth: Truth, moments: list[Moment]) -> list[Moment]:
    """The same moments, with a picture of every panel at each whole step."""
    panels = [layer_id for layer_id, layer in truth.layers.items() if layer["mark"] in ("image", "maps")]
    views = {layer_id: view_of(truth, layer_id) for layer_id in panels}
    return [replace(moment, views=views) for moment in moments]


def problems_of(truth: Truth, consumer: Consumer, series: list[list[Moment]]) -> list[str]:
    """Everything wrong that a program shows in these series."""
    if consumer.draws:
        series = [with_views(truth, moments) for moments in series]
    seen = consumer.observe(truth.path, series, truth.data_materials)
    problems = find_problems(truth, series, seen)
    for moments, sightings in zip(series, seen.series, strict=True):
        for moment, sighting in zip(moments, sightings, strict=True):
            clip = moment.clip or next(iter(truth.clips))
            problems += find_wrong_pixels(truth, clip, moment.time, sighting)
    return problems


def test_every_clip_alone(made_up: Truth, consumer: Consumer) -> None:
    series = [made_up.moments(clip) for clip in made_up.clips]
    # Nobody chooses a clip: programs that play the first one by themselves and those that rest show the last step.
    series.append([replace(made_up.moments("epochs")[-1], clip=None)])
    problems = problems_of(made_up, consumer, series)
    assert not problems, "\n".join(problems[:SHOWN_PROBLEMS])


def switches(truth: Truth, clips: list[str]) -> list[Moment]:
    """One session that goes from every clip to every other, and leaves and enters at changing steps."""
    session = []
    for turn, (before, after) in enumerate(permutations(clips, 2)):
        first, second = truth.moments(before), truth.moments(after)
        session += [first[(3 * turn) % len(first)], second[(5 * turn) % len(second)], second[-1]]
    return session


def test_every_switch(made_up: Truth, consumer: Consumer) -> None:
    problems = problems_of(made_up, consumer, [switches(made_up, list(made_up.clips))])
    assert not problems, "\n".join(problems[:SHOWN_PROBLEMS])


def test_trained_networks(trained: Truth, consumer: Consumer) -> None:
    """Each clip alone, and the switches between the first, two probes and the forward pass."""
    clips = list(trained.clips)
    some = [clips[0], clips[1], clips[-2], clips[-1]]
    series = [trained.moments(clip) for clip in clips]
    problems = problems_of(trained, consumer, [*series, switches(trained, some)])
    assert not problems, "\n".join(problems[:SHOWN_PROBLEMS])


@pytest.mark.parametrize(
    ("harm", "word"),
    [
        (tamper.leave_panels_stale, "stale"),
        (tamper.swap_two_steps, "off by"),
        (tamper.stretch_bodies, "m long instead of"),
        (tamper.shift_coordinates, "miss a tile"),
    ],
)
def test_a_broken_file_is_found(
    made_up: Truth, consumer: Consumer, tmp_path: Path, harm: tamper.Tamper, word: str
) -> None:
    broken = tamper.write_tampered(made_up.path, tmp_path / "broken.glb", harm)
    truth = replace(made_up, path=broken)
    series = [made_up.moments("epochs")[:5], [made_up.moments("epochs")[2], made_up.moments("probe 1")[2]]]
    problems = problems_of(truth, consumer, series)
    assert any(word in line for line in problems), problems[:SHOWN_PROBLEMS]


@pytest.mark.parametrize("consumer", ["three", "babylon"], indirect=True)
def test_dirty_gutters_are_seen_in_pixels(made_up: Truth, consumer: Consumer, tmp_path: Path) -> None:
    broken = tamper.write_tampered(made_up.path, tmp_path / "broken.glb", tamper.dirty_gutters)
    series = [[made_up.moments("epochs")[2]]]
    problems = problems_of(replace(made_up, path=broken), consumer, series)
    assert problems
    assert all("edge pixels" in line for line in problems), problems[:SHOWN_PROBLEMS]


def test_long_runs_of_signed_and_broken_numbers(long_run: Truth, consumer: Consumer) -> None:
    """More steps than seconds, diverging colours, NaN and infinities."""
    problems = problems_of(long_run, consumer, [long_run.moments("epochs")])
    assert not problems, "\n".join(problems[:SHOWN_PROBLEMS])

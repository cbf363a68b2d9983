"""Bounded processes: answers, errors, crashes and limits, in a fresh child and from a warm server alike."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from nn2gltf.bounded import Limits, Runner, run_bounded, use_runner
from nn2gltf.bounded.frames import decode_message, encode_message, read_all
from nn2gltf.bounded.parent import spawn
from nn2gltf.errors import InputDataError, InternalError, LimitError


@pytest.fixture(params=["fresh", "warm"])
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(autouse=True)
def runner(way: str) -> object:
    if way == "fresh":
        with use_runner(spawn):
            yield
    else:
        yield  # the session's warm server


def test_a_job_answers_json_and_bytes_from_another_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = run_bounded("jobs:double", {"number": 21}, [b"abc", memoryview(b"")])
    assert answer.result["twice"] == 42
    assert answer.result["pid"] != os.getpid()
    assert answer.result["cwd"] == str(tmp_path.resolve())
    assert [bytes(block) for block in answer.blocks] == [b"cba", b""]


def test_an_error_of_ours_arrives_whole_and_harmless() -> None:
    with pytest.raises(InputDataError) as caught:
        run_bounded("jobs:complain", {})
    error = caught.value
    assert (error.code, error.where, error.hint) == ("E_MODEL_FILE", "x.onnx", "Look again.")
    assert "\x1b" not in str(error)


def test_a_bug_says_where() -> None:
    with pytest.raises(InternalError, match=r"ZeroDivisionError: oops \(jobs.py:\d+\)"):
        run_bounded("jobs:stumble", {})


@pytest.mark.parametrize("signal", ["SIGSEGV", "SIGABRT", "SIGKILL"])
def test_a_crash_is_one_line(signal: str) -> None:
    with pytest.raises(InternalError, match=f"crashed \\({signal}\\)") as caught:
        run_bounded("jobs:crash", {"signal": signal}, where="bad.onnx")
    assert caught.value.exit_code == 70
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("job", ["sleep", "spin"])
def test_time_is_limited(job: str) -> None:
    with pytest.raises(LimitError, match="more than 1 s") as caught:
        run_bounded(f"jobs:{job}", {"seconds": 60}, limits=Limits(seconds=1))
    assert caught.value.exit_code == 75
    assert run_bounded("jobs:sleep", {"seconds": 0}, limits=Limits(seconds=30)).result == "awake"


def test_memory_is_limited() -> None:
    with pytest.raises(LimitError, match="more memory"):
        run_bounded("jobs:eat", {"bytes": 2 * 2**30}, limits=Limits(memory_bytes=2**30))
    size = 64 * 2**20
    assert run_bounded("jobs:eat", {"bytes": size}, limits=Limits(memory_bytes=2**30)).result == size


def test_the_system_is_told_the_limits() -> None:
    found = run_bounded("jobs:limits", {}, limits=Limits(memory_bytes=3 * 2**30, seconds=77)).result
    assert found == {"RLIMIT_DATA": 3 * 2**30, "RLIMIT_CPU": 77, "RLIMIT_CORE": 0}


@pytest.mark.parametrize("text", ["", "nonsense" * 4, "\x7f" * 64])
def test_a_process_that_was_taken_over_gives_an_error(text: str) -> None:
    with pytest.raises(InternalError):
        run_bounded("jobs:lie", {"text": text})


@pytest.mark.parametrize(
    "break_it",
    [
        lambda data: data[:4],
        lambda data: data[:-1],
        lambda data: data + b"x",
        lambda data: b"\xff" * 8 + data[8:],
        lambda data: data.replace(b'"blocks"', b'"bricks"'),
        lambda data: data.replace(b"[3]", b"[4]"),
    ],
)
def test_broken_messages_are_refused(break_it: Callable[[bytes], bytes], way: str) -> None:
    whole = b"".join(bytes(piece) for piece in encode_message({"a": 1}, [b"xyz"]))
    assert decode_message(whole)[0] == {"a": 1}
    with pytest.raises((ValueError, KeyError)):
        decode_message(break_it(whole))


def test_an_answer_without_end_is_cut(way: str) -> None:
    with pytest.raises(ValueError, match="more than"):
        read_all(lambda size: b"x" * size, limit=5_000_000)


def test_a_runner_is_used_only_while_it_is_chosen(way: str) -> None:
    seen = []

    def watch(request: object, limits: Limits) -> object:
        seen.append(limits.seconds)
        return spawn(request, limits)  # type: ignore[arg-type]

    chosen: Runner = watch  # type: ignore[assignment]
    with use_runner(chosen):
        run_bounded("jobs:double", {"number": 1}, limits=Limits(seconds=31))
    run_bounded("jobs:double", {"number": 1})
    assert seen == [31]

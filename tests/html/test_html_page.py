"""The self-contained page holds the scene byte for byte, in the one slot."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nn2gltf.errors import DependencyError
from nn2gltf.html import is_our_page, page, read_viewer, write_html

SLOT = '<script type="application/octet-stream;base64" id="nn2gltf-scene"></script>'
PAGE = f"<!doctype html><title>nn2gltf</title><body>é{SLOT}<script>run('id=nn2gltf-scene')</script></body>"


@given(st.binary())
def test_scene_survives(glb: bytes) -> None:
    made = write_html(PAGE, glb).decode()
    found = re.search(r'id="nn2gltf-scene">([^<]*)</script>', made)
    assert found
    assert base64.b64decode(found[1], validate=True) == glb
    assert made.replace(found[1], "", 1) == PAGE if glb else made == PAGE


@pytest.mark.parametrize(
    "slot",
    [
        "<script id=nn2gltf-scene type=application/octet-stream;base64></script>",
        "<script type='application/octet-stream;base64' id='nn2gltf-scene'>\n</script>",
    ],
)
def test_other_spellings_of_the_slot(slot: str) -> None:
    assert b"Z2xURg==</script>" in write_html(f"<body>{slot}</body>", b"glTF")


def test_the_name_is_an_attribute_that_cannot_break_out() -> None:
    made = write_html(PAGE, b"glTF", name='a"><script>alert(1)</script>.glb').decode()
    assert made.count("<script") == PAGE.count("<script")
    assert 'data-name="a&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;.glb">Z2xURg==</script>' in made


@pytest.mark.parametrize("text", ["<body></body>", SLOT * 2, SLOT.replace("><", ">AAAA<")])
def test_a_page_without_one_empty_slot_is_refused(text: str) -> None:
    with pytest.raises(DependencyError, match="npm run build") as caught:
        write_html(text, b"glTF")
    assert caught.value.exit_code == 69


def test_our_pages_are_known(tmp_path: Path) -> None:
    ours, foreign, empty = tmp_path / "ours.html", tmp_path / "foreign.html", tmp_path / "empty.html"
    ours.write_bytes(write_html(PAGE, b"glTF" * 1000))
    foreign.write_text("<!doctype html><p>id=nn2gltf-scene</p>")
    empty.write_bytes(b"")
    assert [is_our_page(path) for path in (ours, foreign, empty, tmp_path / "none.html")] == [
        True,
        False,
        False,
        False,
    ]


def test_missing_viewer_names_the_fix(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(page, "source_tree_viewer", lambda: tmp_path / "index.html")
    monkeypatch.setattr(page, "installed_viewer", lambda: tmp_path / "_viewer" / "index.html")
    with pytest.raises(DependencyError, match="viewer page is not built"):
        read_viewer()
    (tmp_path / "index.html").write_text(PAGE, "utf-8")
    assert read_viewer() == PAGE
    (tmp_path / "_viewer").mkdir()
    (tmp_path / "_viewer" / "index.html").write_text("installed", "utf-8")
    assert read_viewer() == "installed"


def test_the_page_knows_the_scenes_name_and_no_name_can_break_out() -> None:
    made = write_html(PAGE, b"glTF", name='a" onload="alert(1)"><script>.glb').decode()
    assert 'data-name="a&quot; onload=&quot;alert(1)&quot;&gt;&lt;script&gt;.glb"' in made
    assert made.count("<script") == PAGE.count("<script")

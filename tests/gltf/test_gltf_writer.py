"""The writer: what it stores once, what it refuses, and that other readers see the same scene."""

from __future__ import annotations

import io
import json
import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pygltflib
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from small_scenes import HEIGHTS, png, quad, tiny_scene

from nn2gltf.errors import EncodingError
from nn2gltf.gltf import check_glb, parse_glb, write_glb, write_gltf
from nn2gltf.gltf.accessors import UINT32_FROM_VERTICES
from nn2gltf.ir.scene import Clip, Image, Mesh, Node, Primitive, Scene, Track


def document(scene: Scene) -> Any:
    return parse_glb(bytes(write_glb(scene))).json


def decode(gltf: pygltflib.GLTF2, index: int) -> np.ndarray[Any, Any]:
    """Accessor data through pygltflib's own objects, none of our reading code."""
    accessor = gltf.accessors[index]
    view = gltf.bufferViews[accessor.bufferView]
    dtype = {5126: "<f4", 5123: "<u2", 5125: "<u4"}[accessor.componentType]
    width = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}[accessor.type]
    start = view.byteOffset + accessor.byteOffset
    return np.frombuffer(gltf.binary_blob(), dtype, accessor.count * width, start).reshape(-1, width)


def triangle_scene(positions: np.ndarray[Any, Any], **changes: Any) -> Scene:
    indices = np.arange(len(positions) // 3 * 3, dtype=np.uint32)
    mesh = Mesh(
        name="m", primitives=(Primitive(attributes={"POSITION": positions}, indices=indices, material=2),)
    )
    return tiny_scene(
        nodes=(Node(name="n", mesh=0),), roots=(0,), meshes=(mesh,), clips=(), cameras=(), **changes
    )


def test_has_no_errors_of_our_own_or_khronos() -> None:
    report = check_glb(bytes(write_glb(tiny_scene())))
    assert [str(problem) for problem in report.problems] == []


def test_size_and_chunks_agree() -> None:
    written = write_glb(tiny_scene())
    assert written.size == len(bytes(written)) == int.from_bytes(bytes(written)[8:12], "little")
    assert written.not_finite == 0


def test_same_scene_same_bytes_in_other_processes() -> None:
    script = "from small_scenes import tiny_scene; from nn2gltf.gltf import write_glb; import sys, hashlib;"
    script += "print(hashlib.sha256(bytes(write_glb(tiny_scene()))).hexdigest())"
    hashes = set()
    for seed in ("0", "1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", script],
            env={
                "PYTHONHASHSEED": seed,
                "PYTHONPATH": f"{Path(__file__).parents[1] / 'support'}:{Path(__file__).parents[2]}",
            },
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        hashes.add(done.stdout)
    assert len(hashes) == 1


def test_equal_arrays_are_stored_once() -> None:
    gltf = document(tiny_scene())
    panels = [mesh["primitives"][0]["attributes"] for mesh in gltf["meshes"][:2]]
    assert panels[0]["POSITION"] == panels[1]["POSITION"]
    assert panels[0]["NORMAL"] == panels[1]["NORMAL"]
    assert panels[0]["TEXCOORD_0"] != panels[1]["TEXCOORD_0"]
    assert len({mesh["primitives"][0]["indices"] for mesh in gltf["meshes"]}) == 1
    copies = tiny_scene(
        meshes=tuple(
            replace(
                mesh,
                primitives=tuple(
                    replace(p, attributes={k: v.copy() for k, v in p.attributes.items()})
                    for p in mesh.primitives
                ),
            )
            for mesh in tiny_scene().meshes
        )
    )
    assert bytes(write_glb(copies)) == bytes(write_glb(tiny_scene()))


def test_key_data_is_pooled_and_equal_lists_are_shared() -> None:
    gltf = document(tiny_scene())
    animation = gltf["animations"][0]
    inputs = [sampler["input"] for sampler in animation["samplers"]]
    outputs = [sampler["output"] for sampler in animation["samplers"]]
    assert len(set(inputs)) == 2
    assert len({gltf["accessors"][index]["bufferView"] for index in inputs}) == 1
    assert len({gltf["accessors"][index]["bufferView"] for index in outputs}) == 1
    assert gltf["accessors"][inputs[0]]["max"] == [float(np.float32(1.4))]


def test_two_tracks_with_equal_keys_share_a_sampler() -> None:
    track = tiny_scene().clips[0].tracks[0]
    clip = Clip(name="epochs", tracks=(track, replace(track, node=3, values=track.values.copy())))
    animation = document(tiny_scene(clips=(clip,)))["animations"][0]
    assert len(animation["samplers"]) == 1
    assert [channel["sampler"] for channel in animation["channels"]] == [0, 0]


def test_buffer_views_have_targets() -> None:
    gltf = document(tiny_scene())
    body = gltf["meshes"][2]["primitives"][0]
    view = [gltf["bufferViews"][accessor["bufferView"]] for accessor in gltf["accessors"]]
    assert view[body["targets"][0]["POSITION"]]["target"] == 34962
    assert view[body["indices"]]["target"] == 34963
    assert gltf["meshes"][2]["extras"] == {"targetNames": ["step 1"]}


def test_small_indices_are_widened_to_16_bits_and_large_meshes_get_32() -> None:
    small = document(triangle_scene(quad()[:3]))
    assert small["accessors"][small["meshes"][0]["primitives"][0]["indices"]]["componentType"] == 5123
    many = np.random.default_rng(0).random((UINT32_FROM_VERTICES, 3), dtype=np.float32)
    large = document(triangle_scene(many))
    assert large["accessors"][large["meshes"][0]["primitives"][0]["indices"]]["componentType"] == 5125


def test_materials_samplers_and_extensions() -> None:
    gltf = document(tiny_scene())
    data, lit, glow = gltf["materials"]
    assert data["extensions"] == {"KHR_materials_unlit": {}}
    assert lit["emissiveTexture"] == lit["pbrMetallicRoughness"]["baseColorTexture"]
    assert lit["emissiveFactor"] == [0.45] * 3
    assert glow["emissiveFactor"] == [0.25, 0.125, 0.5]
    assert gltf["extensionsUsed"] == ["KHR_materials_unlit"]
    assert "extensionsRequired" not in gltf
    nearest, smooth = gltf["samplers"]
    assert nearest == {"magFilter": 9728, "minFilter": 9728, "wrapS": 33071, "wrapT": 33071}
    assert smooth == {"magFilter": 9729, "minFilter": 9987, "wrapS": 33071, "wrapT": 33071}
    plain = tuple(replace(material, unlit=False) for material in tiny_scene().materials)
    assert "extensionsUsed" not in document(tiny_scene(materials=plain))


def test_equal_images_share_their_data() -> None:
    images = (Image(name="page 0", png=png()), Image(name="again", png=png()))
    gltf = document(tiny_scene(images=images))
    assert gltf["images"][0]["bufferView"] == gltf["images"][1]["bufferView"]


def test_pygltflib_reads_the_animation_back(tmp_path: Path) -> None:
    path = tmp_path / "tiny.glb"
    path.write_bytes(bytes(write_glb(tiny_scene())))
    gltf = pygltflib.GLTF2.load(path)
    animation = gltf.animations[0]
    shown = [decode(gltf, sampler.output) for sampler in animation.samplers]
    assert shown[0].tolist() == [[1, 1, 1], [1, 1, 1], [0, 0, 0], [0, 0, 0]]
    assert shown[2].tolist() == [[0], [1], [1]]
    body = gltf.meshes[2].primitives[0]
    base = decode(gltf, body.attributes.POSITION)
    displacement = decode(gltf, body.targets[0]["POSITION"])
    assert (base[:, 1].max(), (base + displacement)[:, 1].max()) == HEIGHTS
    assert gltf.scenes[0].extras["nn2gltf"]["title"] == "Tiny"
    assert gltf.asset.generator.startswith("nn2gltf ")


def test_trimesh_reads_the_geometry_back() -> None:
    scene = trimesh.load_scene(io.BytesIO(bytes(write_glb(tiny_scene()))), file_type="glb")
    bounds = scene.bounds
    assert bounds[1].tolist() == [6.0, 2.0, 0.0]
    assert set(scene.graph.nodes) >= {"Tiny", "fc", "fc step 1", "fc units"}


def test_gltf_with_data_uri_holds_the_same(tmp_path: Path) -> None:
    text = bytes(write_gltf(tiny_scene()))
    assert json.loads(text)["buffers"][0]["uri"].startswith("data:application/octet-stream;base64,")
    as_text, as_glb = parse_glb(text), parse_glb(bytes(write_glb(tiny_scene())))
    assert as_text.binary == as_glb.binary
    assert as_text.extras == as_glb.extras
    assert [str(problem) for problem in check_glb(text).problems] == []
    path = tmp_path / "tiny.gltf"
    path.write_bytes(text)
    assert pygltflib.GLTF2.load(path).nodes[0].name == "Tiny"


def test_not_finite_becomes_zero_and_null_and_is_counted() -> None:
    positions = quad()
    positions[1] = [math.nan, math.inf, -math.inf]
    extras = {**tiny_scene().extras, "steps": [{"epoch": 0, "time": 0.0, "metrics": {"loss": math.nan}}]}
    written = write_glb(triangle_scene(positions, extras=extras))
    assert written.not_finite == 4
    read = parse_glb(bytes(written))
    assert read.extras is not None
    assert read.extras["steps"][0]["metrics"] == {"loss": None}
    assert "ACCESSOR_NOT_FINITE" not in {problem.code for problem in check_glb(bytes(written)).problems}


def test_empty_strings_and_nulls_in_extras_survive() -> None:
    extras = {**tiny_scene().extras, "report": [], "data": {"name": None, "classes": [""], "accuracy": None}}
    assert parse_glb(bytes(write_glb(tiny_scene(extras=extras)))).extras == extras


def test_names_that_are_not_text_are_written() -> None:
    scene = tiny_scene(
        name="broken \ud800 name", nodes=(*tiny_scene().nodes[:-1], Node(name="π 層", camera=0))
    )
    gltf = document(scene)
    assert gltf["scenes"][0]["name"] == "broken ? name"
    assert gltf["nodes"][-1]["name"] == "π 層"


def bad_track(**changes: Any) -> Scene:
    clip = tiny_scene().clips[0]
    return tiny_scene(
        clips=(Clip(name="epochs", tracks=(replace(clip.tracks[2], **changes), *clip.tracks[:2])),)
    )


def untextured() -> Scene:
    positions = {"POSITION": quad()}
    mesh = Mesh(
        name="m", primitives=(Primitive(attributes=positions, indices=np.uint8([0, 1, 2]), material=0),)
    )
    return tiny_scene(nodes=(Node(name="n", mesh=0),), roots=(0,), meshes=(mesh,), clips=(), cameras=())


@pytest.mark.parametrize(
    ("scene", "message"),
    [
        (lambda: triangle_scene(np.zeros((0, 3), np.float32)), "empty array"),
        (lambda: triangle_scene(quad()[:2]), "0 indices"),
        (lambda: triangle_scene(np.zeros((3, 5), np.float32)), r"shape \(3, 5\)"),
        (lambda: tiny_scene(images=(Image(name="x", png=b"GIF89a"),)), "not a PNG"),
        (
            lambda: tiny_scene(meshes=(*tiny_scene().meshes[:2], Mesh(name="x", primitives=()))),
            "no primitives",
        ),
        (lambda: tiny_scene(clips=(Clip(name="x", tracks=()),)), "no tracks"),
        (lambda: bad_track(times=np.float32([0, 1, 1])), "increase strictly"),
        (lambda: bad_track(times=np.float64([0, 1, 1 + 1e-12])), "increase strictly"),
        (lambda: bad_track(times=np.float32([0, 1])), "weights keys have shape"),
        (lambda: bad_track(values=np.float32([[0], [1.5], [1]])), "leave 0..1"),
        (lambda: bad_track(values=np.float32([[0], [math.nan], [1]])), "leave 0..1"),
        (lambda: bad_track(node=1), "no morph targets"),
        (lambda: bad_track(node=2, path="scale", values=np.zeros((3, 3), np.float32)), "animated twice"),
        (lambda: bad_track(path="rotation", values=np.ones((3, 4), np.float32)), "unit quaternion"),
        (lambda: tiny_scene(nodes=(*tiny_scene().nodes[:-1], Node(name="fc", camera=0))), "same name"),
        (untextured, "no TEXCOORD_0"),
    ],
)
def test_what_gltf_cannot_say_is_refused(scene: Any, message: str) -> None:
    with pytest.raises(EncodingError, match=message):
        write_glb(scene())


def test_indices_outside_the_vertices_are_refused_also_for_a_shared_array() -> None:
    indices = np.array([0, 1, 3], dtype=np.uint16)
    meshes = tuple(
        Mesh(
            name=str(count),
            primitives=(Primitive(attributes={"POSITION": quad()[:count]}, indices=indices, material=2),),
        )
        for count in (4, 3)
    )
    nodes = (Node(name="a", mesh=0), Node(name="b", mesh=1))
    with pytest.raises(EncodingError, match="outside the 3 vertices"):
        write_glb(tiny_scene(nodes=nodes, roots=(0, 1), meshes=meshes, clips=(), cameras=()))


def test_track_of_zero_width_is_not_possible() -> None:
    track = Track(node=2, path="scale", times=np.float32([]), values=np.zeros((0, 3), np.float32))
    with pytest.raises(EncodingError, match="increase strictly"):
        write_glb(tiny_scene(clips=(Clip(name="epochs", tracks=(track,)),)))


any_float32 = st.floats(width=32, allow_nan=True, allow_infinity=True)


@settings(max_examples=60, deadline=None)
@given(
    positions=arrays.arrays(np.float32, st.tuples(st.integers(3, 30), st.just(3)), elements=any_float32),
    metric=st.floats(),
    name=st.text(max_size=20),
)
def test_any_floats_give_finite_accessors_and_the_same_bytes(
    positions: np.ndarray[Any, Any], metric: float, name: str
) -> None:
    steps = [{"epoch": 0, "time": 0.0, "metrics": {"x": metric, f"y{name}": 1.0}}]
    scene = triangle_scene(positions, extras={**tiny_scene().extras, "steps": steps})
    first = write_glb(scene)
    assert bytes(first) == bytes(write_glb(scene))
    codes = {problem.code for problem in check_glb(bytes(first), khronos=False).problems}
    assert codes <= {"COORDINATES", "EXTRAS_CLIPS", "EXTRAS_NODE"}
    assert first.not_finite == int((~np.isfinite(positions)).sum()) + (not math.isfinite(metric))

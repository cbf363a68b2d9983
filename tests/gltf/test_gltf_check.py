"""Each rule of the checks finds the one thing that breaks it, and nothing else."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from small_scenes import tiny_scene
from test_gltf_read import GLB, pack

from nn2gltf.gltf import check_glb, parse_glb
from nn2gltf.gltf.khronos import check_khronos, find_package
from nn2gltf.gltf.report import MAX_PROBLEMS
from nn2gltf.gltf.schema import CORE, SCENE_EXTRAS, load_schema

Change = Callable[[Any], object]


def codes(change: Change) -> set[str]:
    document = parse_glb(GLB)
    data = json.loads(json.dumps(document.json))
    change(data)
    report = check_glb(pack(data, bytes(document.binary)), khronos=False)
    return {problem.code for problem in report.problems}


def extras(data: Any) -> Any:
    return data["scenes"][0]["extras"]["nn2gltf"]


def tiles(**changes: Any) -> Change:
    made = {"width": 1, "height": 1, "count": 4, "columns": 2, "gutter": 0, "pages": [0], "origins": [[0, 0]]}
    return lambda data: extras(data)["layers"][0].update(tiles={**made, **changes})


def test_a_good_file_has_no_problems() -> None:
    assert codes(lambda data: None) == set()
    assert codes(tiles()) == set()


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("GLTF_SCHEMA", lambda d: d["asset"].update(version="1.0")),
        ("GLTF_SCHEMA", lambda d: d.update(extensionsRequired=["KHR_draco_mesh_compression"])),
        ("GLTF_SCHEMA", lambda d: d.update(extensionsUsed=["KHR_texture_transform"])),
        ("GLTF_SCHEMA", lambda d: d["images"][0].update(uri="https://example.com/x.png")),
        ("GLTF_SCHEMA", lambda d: d["nodes"][0].update(mesh=-1)),
        ("GLTF_SCHEMA", lambda d: d["accessors"][0].update(count=0)),
        ("GLTF_SCHEMA", lambda d: d["meshes"][2]["primitives"][0].update(targets=[{"POSITION": 0}] * 5)),
        ("BAD_REFERENCE", lambda d: d["nodes"][2].update(mesh=99)),
        ("BAD_REFERENCE", lambda d: d["nodes"][1]["children"].append(99)),
        ("BAD_REFERENCE", lambda d: d["scenes"][0]["nodes"].append(99)),
        ("BAD_REFERENCE", lambda d: d["textures"][0].update(source=9)),
        ("BAD_REFERENCE", lambda d: d["images"][0].update(bufferView=99)),
        ("BAD_REFERENCE", lambda d: d["materials"][1]["emissiveTexture"].update(index=9)),
        ("BAD_REFERENCE", lambda d: d["meshes"][0]["primitives"][0].update(material=9)),
        ("BAD_REFERENCE", lambda d: d["meshes"][0]["primitives"][0]["attributes"].update(NORMAL=99)),
        ("BAD_REFERENCE", lambda d: d["animations"][0]["channels"][0]["target"].update(node=99)),
        ("BAD_REFERENCE", lambda d: d["animations"][0]["channels"][0].update(sampler=99)),
        ("BAD_REFERENCE", lambda d: d["animations"][0]["samplers"][0].update(output=99)),
        ("BAD_REFERENCE", lambda d: d["accessors"][0].update(bufferView=99)),
        ("BUFFER_VIEW_TOO_LONG", lambda d: d["bufferViews"][0].update(byteLength=10**6)),
        ("ACCESSOR_TOO_LONG", lambda d: d["accessors"][0].update(count=99)),
        ("ACCESSOR_UNALIGNED", lambda d: d["accessors"][0].update(byteOffset=2, count=1)),
        ("ACCESSOR_BOUNDS", lambda d: d["accessors"][0].update(max=[1.0, 1.0, 0.5])),
        ("NODE_NAME_REPEATED", lambda d: d["nodes"][5].update(name="fc units")),
        ("NODE_NAME_TOO_LONG", lambda d: d["nodes"][5].update(name="é" * 32)),
        ("NODE_TREE", lambda d: d["nodes"][0]["children"].append(2)),
        ("NODE_TREE", lambda d: d["nodes"][4].update(children=[0])),
        ("NODE_TREE", lambda d: d["nodes"].append({"name": "lost"})),
        ("COORDINATES", lambda d: d["nodes"][0].update(scale=[20_000.0, 1.0, 1.0])),
        ("MESH_TARGETS", lambda d: d["meshes"][2].update(weights=[0.0, 0.0])),
        ("MESH_ATTRIBUTE_COUNT", lambda d: d["accessors"][2].update(count=3)),
        ("MESH_TEXCOORD", lambda d: d["meshes"][0]["primitives"][0]["attributes"].pop("TEXCOORD_0")),
        ("MESH_POSITION_BOUNDS", lambda d: d["accessors"][0].pop("min")),
        ("MESH_INDEX_TYPE", lambda d: d["meshes"][0]["primitives"][0].update(indices=0)),
        ("ANIMATION_TWICE", lambda d: d["animations"][0]["channels"][0]["target"].update(node=3)),
        ("ANIMATION_KEYS", lambda d: d["animations"][0]["channels"][2]["target"].update(path="scale")),
        ("ANIMATION_TIMES", lambda d: d["animations"][0]["samplers"][2].update(input=6, output=6)),
        ("EXTRAS_MISSING", lambda d: d["scenes"][0].pop("extras")),
        ("EXTRAS_SCHEMA", lambda d: extras(d).update(schema=2)),
        ("EXTRAS_SCHEMA", lambda d: extras(d)["palettes"].update(sequential="00")),
        ("EXTRAS_SCHEMA", lambda d: extras(d)["layers"][0].update(mark="cloud")),
        ("EXTRAS_NODE", lambda d: extras(d)["layers"][0].update(node="gone")),
        ("EXTRAS_LAYERS", lambda d: extras(d)["layers"].append(extras(d)["layers"][0])),
        ("EXTRAS_EDGE", lambda d: extras(d)["edges"].append({"source": "fc", "target": "gone"})),
        ("EXTRAS_PROBE", lambda d: extras(d).update(mainProbe=1)),
        ("EXTRAS_STEPS", lambda d: extras(d)["steps"][1].update(epoch=0)),
        ("EXTRAS_STEPS", lambda d: extras(d)["steps"][1].update(time=1.4)),
        ("EXTRAS_CLIPS", lambda d: d["animations"][0].update(name="Scene")),
        ("EXTRAS_PAGE", lambda d: extras(d)["pages"][0].update(width=5)),
        ("EXTRAS_PAGE", lambda d: extras(d)["pages"][0].update(low="gone")),
        ("EXTRAS_PAGE", lambda d: extras(d)["pages"][0].update(palette="gone")),
        ("EXTRAS_TILES", tiles(pages=[1])),
        ("EXTRAS_TILES", tiles(pages=[0, 0])),
        ("EXTRAS_TILES", tiles(origins=[[3, 0]])),
        ("EXTRAS_TILES", tiles(gutter=1, origins=[[0, 0]])),
    ],
)
def test_each_rule_is_found(code: str, change: Change) -> None:
    assert code in codes(change)


def test_values_in_the_data_are_checked() -> None:
    document: Any = parse_glb(GLB)
    body = document.json["meshes"][0]["primitives"][0]
    for index, value, code in (
        (body["attributes"]["NORMAL"], np.float32(np.nan).tobytes(), "ACCESSOR_NOT_FINITE"),
        (body["indices"], struct.pack("<H", 4), "MESH_INDEX_OUT_OF_BOUNDS"),
        (
            document.json["animations"][0]["samplers"][2]["output"],
            struct.pack("<f", 1.5),
            "ANIMATION_WEIGHTS",
        ),
    ):
        accessor = document.json["accessors"][index]
        start = document.json["bufferViews"][accessor["bufferView"]].get("byteOffset", 0)
        start += accessor.get("byteOffset", 0)
        binary = bytearray(document.binary)
        binary[start : start + len(value)] = value
        report = check_glb(pack(document.json, bytes(binary)), khronos=False)
        assert code in {problem.code for problem in report.errors}
    image = document.json["bufferViews"][document.json["images"][0]["bufferView"]]["byteOffset"]
    binary = bytearray(document.binary)
    binary[image] = 0
    report = check_glb(pack(document.json, bytes(binary)), khronos=False)
    assert [problem.code for problem in report.errors] == ["IMAGE_NOT_PNG"]


def test_many_animated_nodes_are_a_warning() -> None:
    document: Any = parse_glb(GLB)
    data = json.loads(json.dumps(document.json))
    sampler = data["animations"][0]["channels"][0]["sampler"]
    for index in range(1_001):
        data["scenes"][0]["nodes"].append(len(data["nodes"]))
        target = {"node": len(data["nodes"]), "path": "scale"}
        data["nodes"].append({"name": f"n{index}"})
        data["animations"][0]["channels"].append({"sampler": sampler, "target": target})
    report = check_glb(pack(data, bytes(document.binary)), khronos=False)
    assert [problem.code for problem in report.problems] == ["ANIMATED_NODES"]
    assert report.errors == ()


def test_findings_are_bounded() -> None:
    def repeat(data: Any) -> None:
        for index in range(500):
            data["scenes"][0]["nodes"].append(len(data["nodes"]))
            data["nodes"].append({"name": "same" if index else "first"})

    data = json.loads(json.dumps(parse_glb(GLB).json))
    repeat(data)
    report = check_glb(pack(data, bytes(parse_glb(GLB).binary)), khronos=False)
    assert len(report.problems) == MAX_PROBLEMS


@pytest.mark.parametrize("name", [CORE, SCENE_EXTRAS])
def test_schemas_are_valid_themselves(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(load_schema(name))


def test_schema_and_document_name_the_same_keys() -> None:
    """Every key of the tables in docs/scene-format.md is in the schema, and the other way round."""
    text = (Path(__file__).parents[2] / "docs" / "scene-format.md").read_text("utf-8")
    table = text.partition("## `scenes[0].extras.nn2gltf`")[2].partition("### A layer")
    schema = load_schema(SCENE_EXTRAS)
    assert _keys(table[0]) == set(schema["properties"])
    layer = table[2].partition("### Values and tiles")[0]
    assert _keys(layer) == set(schema["$defs"]["layer"]["properties"])


def _keys(table: str) -> set[str]:
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    return {name.strip(" `") for cell in cells for name in cell.split(",")}


def test_khronos_is_named_or_its_absence_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    report = check_glb(GLB)
    if find_package() is not None:
        assert any("Khronos" in checker for checker in report.checkers)
    monkeypatch.setenv("PATH", str(tmp_path))
    report = check_khronos(GLB)
    assert report.checkers == ()
    assert "npm install -g gltf-validator" in report.notes[0]


def test_khronos_finds_what_is_wrong() -> None:
    if find_package() is None:
        pytest.skip("the npm package gltf-validator is not installed")
    document: Any = parse_glb(GLB)
    data = json.loads(json.dumps(document.json))
    data["accessors"][0]["max"] = [9.0, 9.0, 9.0]
    report = check_khronos(pack(data, bytes(document.binary)))
    assert "KHRONOS_ACCESSOR_MAX_MISMATCH" in {problem.code for problem in report.errors}
    assert report.to_json()["valid"] is False


def test_scene_is_what_the_schema_allows() -> None:
    jsonschema.validate(tiny_scene().extras, load_schema(SCENE_EXTRAS))

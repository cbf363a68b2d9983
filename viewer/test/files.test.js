import assert from "node:assert/strict";
import { test } from "node:test";

import { FileFailure } from "../src/data/failure.js";
import { nesting, readContainer } from "../src/data/glb.js";
import { checkFile } from "../src/data/precheck.js";
import { RecordError } from "../src/data/read.js";
import { readRecord } from "../src/data/record.js";
import { pack, unpack } from "./glb-writer.js";
import { makeScene } from "./scene.js";

const scene = makeScene();
const buffer = (bytes) => bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
const open = (bytes) => {
  const container = readContainer(buffer(bytes));
  checkFile(container);
  return container;
};

/** The code with which a changed document is refused. */
function codeOf(change) {
  const { json, binary } = unpack(scene);
  change(json);
  return codeOfBytes(pack(json, binary));
}

function codeOfBytes(bytes) {
  try {
    open(bytes);
  } catch (error) {
    assert.ok(error instanceof FileFailure, error.stack);
    assert.ok(error.message.length > 20 && error.title.length > 5);
    return error.code;
  }
  return null;
}

test("a whole file passes", () => {
  assert.equal(codeOfBytes(scene), null);
  assert.equal(readRecord(open(scene).json).layers.length, 4);
});

test("every shortened file is refused", () => {
  for (let length = 0; length < scene.length; length += 97) assert.notEqual(codeOfBytes(scene.subarray(0, length)), null, `${length} bytes`);
  assert.equal(codeOfBytes(scene.subarray(0, scene.length - 1)), "E_TRUNCATED");
});

test("other files and other versions are named", () => {
  assert.equal(codeOfBytes(Buffer.from("\x89PNG....................")), "E_FORMAT");
  const old = Buffer.from(scene);
  old.writeUInt32LE(1, 4);
  assert.equal(codeOfBytes(old), "E_VERSION");
  assert.equal(codeOf((json) => (json.asset.version = "1.0")), "E_VERSION");
});

test("depth is found without recursion", () => {
  assert.equal(nesting(Buffer.from('{"a":[1,{"b":"]]]{{{"}]}')), 3);
  const deep = Buffer.from(`${"[".repeat(100_000)}${"]".repeat(100_000)}`);
  assert.equal(codeOfBytes(deep), "E_JSON_DEPTH");
});

const REFUSED = {
  "a circle of nodes": [(json) => (json.nodes[0].children = [0]), "E_STRUCTURE"],
  "a longer circle": [(json) => json.nodes.push({ children: [json.nodes.length + 1] }, { children: [json.nodes.length] }), "E_STRUCTURE"],
  "two parents": [(json) => json.nodes.push({ children: [1] }), "E_STRUCTURE"],
  "a root that is a child": [(json) => json.scenes[0].nodes.push(1), "E_STRUCTURE"],
  "an endless chain": [(json) => { const first = json.nodes.length; for (let i = 0; i < 5000; i++) json.nodes.push({ children: [first + i + 1] }); json.nodes.push({}); }, "E_STRUCTURE"],
  "an address on another machine": [(json) => (json.buffers[0].uri = "https://example.com/a.bin"), "E_EXTERNAL"],
  "a picture in another file": [(json) => (json.images[0] = { uri: "../secret.png" }), "E_EXTERNAL"],
  "an accessor past its view": [(json) => (json.accessors[0].count = 1e6), "E_STRUCTURE"],
  "an accessor without end": [(json) => { delete json.accessors[0].bufferView; json.accessors[0].count = 1e9; }, "E_STRUCTURE"],
  "a view past its buffer": [(json) => (json.bufferViews[0].byteLength = 1e9), "E_STRUCTURE"],
  "a negative offset": [(json) => (json.bufferViews[0].byteOffset = -4), "E_STRUCTURE"],
  "a mesh that is not there": [(json) => (json.nodes[3].mesh = 999), "E_STRUCTURE"],
  "a material that is not there": [(json) => (json.meshes[0].primitives[0].material = 999), "E_STRUCTURE"],
  "no positions": [(json) => (json.meshes[0].primitives[0].attributes = {}), "E_STRUCTURE"],
  "attributes of two lengths": [(json) => (json.meshes[0].primitives[0].attributes.TEXCOORD_0 = json.meshes[0].primitives[0].indices), "E_STRUCTURE"],
  "an animation of nothing": [(json) => (json.animations[0].channels[0].target.node = 999), "E_STRUCTURE"],
  "a sampler that is not there": [(json) => (json.animations[0].channels[0].sampler = 5), "E_STRUCTURE"],
  "a texture that is not there": [(json) => (json.materials[0].pbrMetallicRoughness.baseColorTexture.index = 99), "E_STRUCTURE"],
  "text instead of a list": [(json) => (json.nodes = "nodes"), "E_STRUCTURE"],
  "numbers that are none": [(json) => (json.nodes[0].translation = [1, 2, "x"]), "E_STRUCTURE"],
  "an extension nobody has": [(json) => (json.extensionsRequired = ["KHR_draco_mesh_compression"]), "E_EXTENSION"],
  "no scene": [(json) => delete json.scenes, "E_STRUCTURE"],
};
for (const [what, [change, code]] of Object.entries(REFUSED)) test(`refused: ${what}`, () => assert.equal(codeOf(change), code));

test("a picture that would unpack to gigabytes is refused", () => {
  const { json, binary } = unpack(scene);
  const bytes = Buffer.from(binary);
  bytes.writeUInt32BE(60_000, json.bufferViews[json.images[0].bufferView].byteOffset + 16);
  bytes.writeUInt32BE(60_000, json.bufferViews[json.images[0].bufferView].byteOffset + 20);
  assert.equal(codeOfBytes(pack(json, bytes)), "E_IMAGE_SIZE");
});

test("damage anywhere in the document is a refusal or a scene, never another exception", () => {
  let state = 7;
  const random = (n) => (state = (state * 1103515245 + 12345) % 2147483648) % n;
  const odd = [null, -1, 1e99, "x", [], {}, true, [[1]], "https://example.com"];
  let refused = 0;
  for (let round = 0; round < 400; round++) {
    const { json, binary } = unpack(scene);
    let at = json;
    for (let depth = 0; depth < 6; depth++) {
      const keys = Object.keys(at);
      const key = keys[random(keys.length)];
      if (depth > 1 && (typeof at[key] !== "object" || at[key] === null || random(4) === 0 || Object.keys(at[key]).length === 0)) {
        at[key] = odd[random(odd.length)];
        break;
      }
      if (typeof at[key] !== "object" || at[key] === null || Object.keys(at[key]).length === 0) break;
      at = at[key];
    }
    const bytes = pack(json, binary);
    if (codeOfBytes(bytes) !== null) refused++;
    else assert.doesNotThrow(() => { try { readRecord(open(bytes).json); } catch (error) { if (!(error instanceof RecordError)) throw error; } });
  }
  assert.ok(refused > 60, `${refused} refused`);
});

test("a record that is not as documented names the place", () => {
  const refusal = (change) => {
    const { json } = unpack(scene);
    change(json.scenes[0].extras.nn2gltf);
    try {
      readRecord(json);
    } catch (error) {
      assert.ok(error instanceof RecordError, error.stack);
      return error.message;
    }
    return null;
  };
  assert.match(refusal((r) => (r.schema = 2)), /schema 2/);
  assert.match(refusal((r) => (r.layers[1].tiles.origins[2] = [5000, 0])), /layers\[1\]\.tiles/);
  assert.match(refusal((r) => (r.layers[1].tiles.width = 0)), /layers\[1\]\.tiles\.width/);
  assert.match(refusal((r) => r.layers[1].tiles.pages.pop()), /page for every probe/);
  assert.match(refusal((r) => (r.layers[2].id = "input")), /unique/);
  assert.match(refusal((r) => (r.edges[0].target = "nowhere")), /edges\[0\]/);
  assert.match(refusal((r) => (r.palettes.input = "00")), /palettes\.input/);
  assert.match(refusal((r) => (r.steps = [])), /steps/);
  assert.match(refusal((r) => (r.probes[0].tile.x = 1e6)), /probes\[0\]\.tile/);
  assert.match(refusal((r) => (r.time.secondsPerStep = 0)), /secondsPerStep/);
  assert.match(refusal((r) => (r.layers[0].box = { min: [0, 0], max: [1, 1, 1] })), /layers\[0\]\.box\.min/);
});

test("a file without a record is a plain glTF", () => {
  const { json } = unpack(scene);
  delete json.scenes[0].extras;
  assert.equal(readRecord(json), null);
});

/** docs/scene-format.md says of every field that this page reads what it is. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { readContainer } from "../src/data/glb.js";
import { readRecord } from "../src/data/record.js";
import { makeScene } from "./scene.js";

const DOCUMENT = readFileSync(new URL("../../docs/scene-format.md", import.meta.url), "utf8");
/** Their keys are names out of a network, not fields. */
const NAMED = new Set(["metrics", "palettes", "layerTimes", "attributes", "options"]);

/** @param {any} value @param {string[]} path @param {Set<string>} seen paths of fields that were read, without places in lists */
function watched(value, path, seen) {
  if (typeof value !== "object" || value === null) return value;
  return new Proxy(value, {
    get(target, key) {
      if (typeof key !== "string" || (Array.isArray(target) && !/^\d+$/.test(key))) return Reflect.get(target, key);
      if (Array.isArray(target)) return watched(target[key], path, seen);
      if (!(key in Object.prototype) && !NAMED.has(path.at(-1))) seen.add([...path, key].join("."));
      return watched(target[key], [...path, key], seen);
    },
  });
}

/** Every field that the page reads of a record, by reading one. */
function fieldsRead() {
  const { json } = readContainer(new Uint8Array(makeScene()).buffer);
  const seen = new Set();
  const scene = json.scenes[0];
  const whole = { folded: [{ id: "relu", op: "ReLU" }], parameterTensors: [{ name: "w", shape: [1], dtype: "float32" }], inputs: [{ shape: [1], dtype: "float32" }], box: { min: [0, 0, 0], max: [1, 1, 1] }, flops: 1 };
  const record = { ...scene.extras.nn2gltf, layers: scene.extras.nn2gltf.layers.map((layer) => ({ ...layer, ...whole })) };
  readRecord({ scene: 0, scenes: [{ extras: { nn2gltf: watched(record, [], seen) } }] });
  return seen;
}

/** @param {string} heading */
const chapter = (heading) => DOCUMENT.split(new RegExp(`^#+ ${heading}$`, "m"))[1]?.split(/^#+ /m)[0] ?? "";
/** @param {string} key of a table */
const row = (key) => DOCUMENT.split("\n").filter((line) => line.startsWith("|") && line.split("|")[1].split(",").some((each) => each.trim() === `\`${key}\``)).join("\n");
/** @param {string} text all words that stand as code */
const words = (text) => new Set([...text.matchAll(/`([^`]+)`/g)].flatMap(([, code]) => code.match(/[A-Za-z]\w*/g) ?? []));

/** @param {string} path */
function isDocumented(path) {
  const parts = path.split(".");
  const last = /** @type {string} */ (parts.at(-1));
  if (parts.length === 1) return row(last) !== "";
  const about = [row(parts[0]), ...parts.slice(1, -1).map(row)].join("\n");
  const layers = parts[0] === "layers" ? chapter("A layer") + chapter("Values and tiles") : "";
  return words(about + layers).has(last);
}

test("every field that is read is documented where it belongs", () => {
  const read = [...fieldsRead()];
  for (const known of ["schema", "model.parameters", "probes.tile.page", "probes.samples", "layers.tiles.gutter", "layers.values.notFinite", "layers.parameterTensors.dtype", "edges.rank", "scopes.parent", "clips.layerTimes"]) assert.ok(read.includes(known), known);
  assert.deepEqual(read.filter((path) => !isDocumented(path)), []);
  for (const path of ["colour", "steps.colour", "layers.tiles.colour", "model.page"]) assert.ok(!isDocumented(path), `${path} is not in the document`);
});

test("every key of a node that is read is documented, with every role", () => {
  const source = readFileSync(new URL("../src/scene/roles.js", import.meta.url), "utf8");
  const keys = [...source.matchAll(/userData\.(\w+)/g)].map(([, key]) => key).concat([...source.matchAll(/const \{([^}]+)\} = node\.userData/g)].flatMap(([, list]) => list.split(",").map((each) => each.trim())));
  assert.ok(["role", "layer", "step", "unit", "source"].every((key) => keys.includes(key)), keys.join());
  const table = chapter("Node extras");
  assert.deepEqual(keys.filter((key) => !words(table).has(key)), []);
  const roles = [...source.matchAll(/role === "(\w+)"|case "(\w+)"/g)].map(([, one, other]) => one ?? other);
  assert.ok(roles.length > 3, roles.join());
  assert.deepEqual(roles.filter((role) => !words(table).has(role)), []);
});

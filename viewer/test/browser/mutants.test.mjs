/** Damaged files: each opens or shows a sentence; nothing hangs, nothing is thrown into the void, nothing is asked for. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { GlbWriter } from "../glb-writer.js";
import { mutant, WAYS } from "../mutate.js";
import { makeScene } from "../scene.js";
import { FULL, keepResult, startBrowser } from "./harness.mjs";

const COUNT = Number(process.env.NN2GLTF_MUTANTS ?? (FULL ? 2000 : 96));
const MOST_MS = 10_000;

let browser;
before(async () => (browser = await startBrowser()));
after(() => browser.close());

/** A file with what our scenes do not have: a skin, morph targets, a sparse accessor, a camera, a light, a cubic spline. */
function everything() {
  const writer = new GlbWriter();
  const { json } = writer;
  const positions = [0, 0, 0, 1, 0, 0, 0, 1, 0];
  const joints = writer.accessor([0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0], "VEC4", Uint16Array);
  const weights = writer.accessor([1, 0, 0, 0, 0, 1, 0, 0, 0.5, 0.5, 0, 0], "VEC4");
  const target = writer.accessor([0, 0, 1, 0, 0, 1, 0, 0, 1], "VEC3");
  const position = writer.accessor(positions, "VEC3");
  const base = writer.accessor(positions, "VEC3");
  json.accessors[base].sparse = { count: 1, indices: { bufferView: writer.view(Uint8Array.of(1, 0, 0, 0)), componentType: 5121 }, values: { bufferView: writer.view(new Uint8Array(Float32Array.of(2, 0, 0).buffer)) } };
  const material = writer.material({ pbrMetallicRoughness: { baseColorFactor: [1, 0.5, 0, 1] }, alphaMode: "BLEND", extensions: { KHR_materials_unlit: {} } });
  const mesh = writer.mesh({ attributes: { POSITION: base, JOINTS_0: joints, WEIGHTS_0: weights }, indices: writer.accessor([0, 1, 2], "SCALAR", Uint16Array), material, targets: [{ POSITION: target }] });
  json.meshes[mesh].weights = [0.5];
  const root = writer.node({ name: "root" });
  const bones = ["one", "two"].map((name) => writer.node({ name, translation: [0, 0.5, 0] }, root));
  const identity = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
  json.skins = [{ joints: bones, inverseBindMatrices: writer.accessor([...identity, ...identity], "MAT4") }];
  json.cameras = [{ type: "perspective", perspective: { yfov: 0.8, znear: 0.1 } }];
  json.extensions = { KHR_lights_punctual: { lights: [{ type: "point", intensity: 2 }] } };
  json.extensionsUsed = ["KHR_lights_punctual", "KHR_materials_unlit"];
  const skinned = writer.node({ name: "skinned", mesh, skin: 0 }, root);
  writer.node({ name: "camera", camera: 0 }, root);
  writer.node({ name: "light", extensions: { KHR_lights_punctual: { light: 0 } } }, root);
  const lines = writer.mesh({ attributes: { POSITION: position }, mode: 1 });
  writer.node({ name: "lines", mesh: lines }, root);
  const time = writer.accessor([0, 1], "SCALAR");
  const spline = writer.accessor([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0], "VEC3");
  const morph = writer.accessor([0, 1], "SCALAR");
  json.animations.push({ name: "all", samplers: [{ input: time, output: spline, interpolation: "CUBICSPLINE" }, { input: time, output: morph }], channels: [{ sampler: 0, target: { node: bones[1], path: "translation" } }, { sampler: 1, target: { node: skinned, path: "weights" } }] });
  return writer.bytes();
}

/** In the page: opens one file, looks at it as a person would, tells how it ended. */
async function look({ base64, number }) {
  const { nn2gltf } = globalThis;
  const start = performance.now();
  const buffer = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)).buffer;
  const opened = await nn2gltf.open(`mutant ${number}.glb`, buffer);
  const frames = async (count) => { for (let i = 0; i < count; i++) await new Promise((done) => requestAnimationFrame(done)); };
  await frames(2);
  const press = (key) => document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  const layer = nn2gltf.state().layers.at(-1);
  if (layer !== undefined) globalThis.location.hash = `#sel=${encodeURIComponent(layer.toWellFormed())}/0&t=${number}`;
  for (const key of opened === "ready" ? ["End", "Home", "c", "c", "Escape"] : []) press(key);
  await frames(2);
  const { view } = nn2gltf.state();
  globalThis.location.hash = "";
  return { opened, view, plain: view === "ready" && layer === undefined, sentence: view === "error" ? document.querySelector(".failure p").textContent : "", code: document.querySelector(".failure .card")?.textContent.match(/E_\w+/)?.[0], ms: performance.now() - start };
}

test(`${COUNT} damaged files: each opens or shows a sentence`, { timeout: 3_600_000 }, async () => {
  const bases = [makeScene(), everything(), makeScene({ rgb: true })];
  const page = await browser.open({ glb: everything(), calm: true, width: 1000, height: 540 });
  const said = [];
  page.tab.on("console", (message) => said.push({ type: message.type(), text: message.text() }));
  const results = [];
  const found = [];
  let library = 0;
  for (let seed = 0; seed < COUNT; seed++) {
    const { glb, ways } = mutant(bases, seed);
    let timer;
    const late = new Promise((done) => (timer = setTimeout(() => done({ opened: "hung", view: "hung", ms: Infinity, sentence: "" }), 4 * MOST_MS)));
    const result = await Promise.race([page.tab.evaluate(look, { base64: glb.toString("base64"), number: seed }), late]);
    clearTimeout(timer);
    const errors = [...page.seen.errors.splice(0), ...page.seen.requests, ...page.seen.dialogs].filter((text) => !said.some((line) => line.type === "warning" && line.text === text));
    const own = errors.filter((text) => !/^THREE\./.test(text));
    library += Number(own.length < errors.length);
    if (own.length || !["ready", "error"].includes(result.view) || (result.view === "error" && result.sentence.length < 20)) found.push({ seed, ways, ...result, errors: own });
    results.push({ ...result, ways });
    assert.notEqual(result.view, "hung", `file ${seed} (${ways}) hung`);
  }
  const tally = (list) => Object.fromEntries([...new Set(list)].sort().map((key) => [key, list.filter((each) => each === key).length]));
  const outcome = tally(results.map(({ view, plain, code }) => (view === "error" ? `refused: ${code}` : plain ? "shown as a plain glTF" : "shown with its values")));
  keepResult("mutants", { count: results.length, ways: WAYS.length, outcome, found: found.length, library, slowest: Math.max(...results.map(({ ms }) => ms)), warnings: tally(said.filter(({ type }) => type === "warning").map(({ text }) => text.replace(/[\d.]+/g, "n").slice(0, 60))) });
  if (process.env.NN2GLTF_SHOW) console.log(JSON.stringify({ outcome, found }, null, 1));
  assert.deepEqual(found, []);
  assert.ok(Object.keys(outcome).length >= 5, "some are shown, some are refused for different reasons");
  await page.context.close();
});

/** Scenes with a mark in every place that can hold a text; the mark becomes a hostile name. */

import { GlbWriter, pack, unpack } from "./glb-writer.js";
import { makeScene } from "./scene.js";

/** What stands for the name in the templates. */
const MARK = "@@";

/** @param {any} record every text of the record that is not a code of the format */
function fillRecord(record) {
  Object.assign(record, { title: MARK, generator: MARK, reductions: [MARK, MARK], report: [MARK] });
  Object.assign(record.model, { name: MARK, weights: MARK });
  Object.assign(record.data, { name: MARK, classes: [MARK, `1${MARK}`, `2${MARK}`], accuracy: `${MARK} accuracy` });
  record.style.name = MARK;
  for (const step of record.steps) step.metrics = { [`${MARK} accuracy`]: step.metrics.test_accuracy, [`${MARK} loss`]: step.metrics.train_loss, [MARK]: 1 };
  for (const probe of record.probes) probe.name = MARK;
  for (const clip of record.clips) clip.name = MARK;
  record.clips[1].layerTimes = { [MARK]: 1 };
  record.options = { [MARK]: MARK };
  record.scopes[0].type = record.scopes[1].type = MARK;
  record.scopes.push({ path: MARK, type: MARK, parent: "", parameters: 1, node: MARK });
  for (const edge of record.edges) edge.rank = MARK;
  fillLayers(record.layers);
}

/** @param {any[]} layers */
function fillLayers(layers) {
  const ids = { "body.fc": MARK };
  for (const layer of layers) {
    Object.assign(layer, { name: MARK, op: MARK, kind: MARK, title: layer.mark === "bars" ? "" : MARK, source: MARK, id: ids[layer.id] ?? layer.id });
    layer.attributes = { [MARK]: MARK, nested: { [MARK]: [MARK] }, list: [MARK, 3], __proto__: MARK };
    layer.folded = [{ id: MARK, op: MARK }];
    layer.parameterTensors = [{ name: MARK, shape: [3, 3], dtype: MARK }];
    layer.inputs[0].dtype = layer.outputs[0].dtype = layer.values.quantity = MARK;
    layer.extra = { [MARK]: MARK };
  }
}

/** Two layers and one probe are enough: less to decode, for thousands of names. */
function makeSmall(record) {
  record.layers = record.layers.slice(2);
  record.edges = record.edges.slice(2);
  record.probes = record.probes.slice(0, 1);
  for (const page of record.pages) page.low = null;
  for (const { tiles } of record.layers) tiles.pages = tiles.pages.slice(0, 1);
}

function recorded() {
  return makeScene({
    change(writer, record) {
      makeSmall(record);
      fillRecord(record);
      const rename = new Map([["body.fc", MARK]]);
      for (const edge of record.edges) for (const end of ["source", "target"]) edge[end] = rename.get(edge[end]) ?? edge[end];
      const { json } = writer;
      for (const node of json.nodes) {
        if (node.extras?.layer === "body.fc") node.extras.layer = MARK;
        if (node.extras) node.extras[MARK] = MARK;
      }
      for (const list of [json.materials, json.meshes, json.animations]) for (const item of list) Object.assign(item, { name: MARK, extras: { [MARK]: MARK } });
      json.asset = { version: "2.0", generator: MARK, copyright: MARK };
      json.scenes[0].name = MARK;
    },
  });
}

/** Another program's file: its nodes and two clips are called so. */
function plain() {
  const writer = new GlbWriter();
  const mesh = writer.mesh({ attributes: { POSITION: writer.accessor([0, 0, 0, 1, 0, 0, 0, 1, 0], "VEC3") } });
  const root = writer.node({ name: MARK, extras: { [MARK]: MARK, name: MARK } });
  writer.node({ name: MARK, mesh, extras: { [MARK]: MARK } }, root);
  const [input, output] = [writer.accessor([0, 1], "SCALAR"), writer.accessor([0, 0, 0, 1, 0, 0], "VEC3")];
  for (const name of [MARK, `second ${MARK}`]) writer.json.animations.push({ name, samplers: [{ input, output }], channels: [{ sampler: 0, target: { node: 1, path: "translation" } }] });
  writer.json.meshes[0].name = MARK;
  return writer.bytes();
}

/** @param {(json: any) => void} change */
function broken(change) {
  const { json, binary } = unpack(plain());
  change(json);
  return pack(json, binary);
}

const TEMPLATES = {
  recorded: recorded(),
  plain: broken((json) => (json.scenes[0].extras = { nn2gltf: { schema: 1, steps: [{ epoch: 0, time: 0, metrics: { [MARK]: MARK } }] } })),
  refused: broken((json) => (json.extensionsRequired = [MARK])),
  named: broken((json) => (json.meshes[0].primitives[0].attributes[MARK] = 99)),
  address: broken((json) => json.buffers.push({ uri: MARK, byteLength: 1 })),
};

/** The templates as a page can take them: the JSON with its mark, and the bytes behind it. */
export function hostileScenes() {
  return Object.fromEntries(Object.entries(TEMPLATES).map(([name, glb]) => {
    const { json, binary } = unpack(glb);
    return [name, { text: JSON.stringify(json), binary: binary.toString("base64") }];
  }));
}

/** @param {string} name @returns {Buffer} the recorded scene with this name everywhere */
export function hostileScene(name) {
  const { json, binary } = unpack(TEMPLATES.recorded);
  return pack(JSON.parse(JSON.stringify(json).replaceAll(MARK, () => JSON.stringify(name).slice(1, -1))), binary);
}

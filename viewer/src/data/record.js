/** Reads `scenes[0].extras.nn2gltf` (docs/scene-format.md) into a Network that the rest can trust. */

import { readLayer } from "./record-layer.js";
import { addMeans } from "./means.js";
import { each, finite, record, RecordError, refuse, text, whole } from "./read.js";

/** @typedef {import("../types.js").Network} Network */

const COLOR = /^#[0-9a-f]{6}$/i;

/**
 * @param {any} json a glTF document that passed the check
 * @returns {Network|null} null when the file has no record of ours
 * @throws {RecordError} when it has one that is not as documented
 */
export function readRecord(json) {
  const extras = json.scenes?.[json.scene ?? 0]?.extras?.nn2gltf;
  if (extras === undefined) return null;
  const found = record(extras, "nn2gltf");
  if (found.schema !== 1) throw new RecordError(`the record has schema ${String(found.schema)}; this page reads schema 1`);
  const pages = each(found.pages, "pages", readPage);
  const steps = each(found.steps, "steps", readStep);
  if (steps.length === 0) refuse("steps", "a list with at least one step");
  const probes = each(found.probes, "probes", (item, where) => readProbe(item, where, pages));
  const sizes = { steps: steps.length, probes: probes.length };
  const layers = each(found.layers, "layers", (item, where, index) => readLayer(item, where, { index, pages, ...sizes }));
  const byId = new Map(layers.map((layer) => [layer.id, layer]));
  if (byId.size !== layers.length) refuse("layers", "a list of unique ids");
  nameUniquely(layers);
  addMeans(probes, layers, pages);
  const time = record(found.time, "time");
  return {
    title: text(found.title, "title", ""),
    generator: text(found.generator, "generator", ""),
    ...readAbout(found),
    time: { duration: positive(time.duration, "time.duration"), secondsPerStep: positive(time.secondsPerStep, "time.secondsPerStep") },
    steps,
    probes,
    mainProbe: whole(found.mainProbe, "mainProbe", { most: Math.max(0, sizes.probes - 1), missing: 0 }),
    clips: each(found.clips, "clips", readClip),
    palettes: readPalettes(found.palettes),
    pages,
    layers,
    byId,
    edges: each(found.edges, "edges", (item, where) => readEdge(item, where, byId)),
    scopes: each(found.scopes, "scopes", readScope),
    reductions: each(found.reductions, "reductions", (item, where) => text(item, where)),
    report: each(found.report, "report", (item, where) => text(item, where)),
  };
}

/** @param {import("../types.js").Layer[]} layers */
function nameUniquely(layers) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const { name } of layers) counts.set(name, (counts.get(name) ?? 0) + 1);
  for (const layer of layers) if (counts.get(layer.name) === 1) layer.label = layer.name;
}

/**
 * @param {Record<string, any>} found
 * @returns {Pick<Network, "model"|"data"|"style">}
 */
function readAbout(found) {
  const model = record(found.model, "model");
  const data = record(found.data ?? {}, "data");
  const style = record(found.style ?? {}, "style");
  return {
    model: {
      name: text(model.name, "model.name", ""),
      parameters: whole(model.parameters, "model.parameters", { missing: 0 }),
      weights: text(model.weights, "model.weights", "given"),
    },
    data: {
      name: text(data.name, "data.name", ""),
      classes: each(data.classes, "data.classes", (item, where) => text(item, where)),
      accuracy: text(data.accuracy, "data.accuracy", "") || null,
    },
    style: {
      name: text(style.name, "style.name", ""),
      background: color(style.background, "style.background", "#0b0e14"),
      text: color(style.text, "style.text", "#f0f3fa"),
      positive: color(style.positive, "style.positive", "#ff9a5c"),
      negative: color(style.negative, "style.negative", "#5aa2ff"),
    },
  };
}

/**
 * @param {unknown} value
 * @param {string} where
 * @param {string} missing
 */
function color(value, where, missing) {
  const found = text(value, where, missing);
  return COLOR.test(found) ? found : refuse(where, "a colour #rrggbb");
}

/**
 * @param {unknown} value
 * @param {string} where
 */
function positive(value, where) {
  const found = finite(value, where);
  return found > 0 ? found : refuse(where, "positive");
}

/**
 * @param {any} item
 * @param {string} where
 */
function readPage(item, where) {
  const page = record(item, where);
  return {
    image: text(page.image, `${where}.image`),
    low: text(page.low, `${where}.low`, "") || null,
    palette: text(page.palette, `${where}.palette`),
    width: whole(page.width, `${where}.width`, { least: 1, most: 8192 }),
    height: whole(page.height, `${where}.height`, { least: 1, most: 8192 }),
  };
}

/**
 * @param {any} item
 * @param {string} where
 */
function readStep(item, where) {
  const step = record(item, where);
  /** @type {Record<string, number>} */
  const metrics = {};
  for (const [name, value] of Object.entries(record(step.metrics ?? {}, `${where}.metrics`))) {
    if (value !== null) metrics[name] = finite(value, `${where}.metrics.${name}`);
  }
  return {
    epoch: finite(step.epoch, `${where}.epoch`),
    step: step.step === undefined || step.step === null ? null : finite(step.step, `${where}.step`),
    time: finite(step.time, `${where}.time`),
    metrics,
  };
}

/**
 * @param {any} item
 * @param {string} where
 * @param {import("../types.js").Page[]} pages
 */
function readProbe(item, where, pages) {
  const probe = record(item, where);
  const numbers = (/** @type {string} */ key) => each(probe[key], `${where}.${key}`, (value, at) => finite(value, at));
  return {
    label: probe.label === undefined || probe.label === null ? null : whole(probe.label, `${where}.label`),
    name: text(probe.name, `${where}.name`, ""),
    tile: probe.tile ? readProbeTile(probe.tile, `${where}.tile`, pages) : null,
    predictions: numbers("predictions"),
    confidences: numbers("confidences"),
    members: /** @type {number[]} */ ([]),
    samples: probe.samples === undefined ? null : whole(probe.samples, `${where}.samples`),
  };
}

/**
 * @param {any} item
 * @param {string} where
 * @param {import("../types.js").Page[]} pages
 */
function readProbeTile(item, where, pages) {
  const tile = record(item, where);
  const page = whole(tile.page, `${where}.page`, { most: pages.length - 1 });
  const width = whole(tile.width, `${where}.width`, { least: 1, most: pages[page].width });
  const height = whole(tile.height, `${where}.height`, { least: 1, most: pages[page].height });
  return {
    page,
    width,
    height,
    x: whole(tile.x, `${where}.x`, { most: pages[page].width - width }),
    y: whole(tile.y, `${where}.y`, { most: pages[page].height - height }),
  };
}

/**
 * @param {any} item
 * @param {string} where
 */
function readClip(item, where) {
  const clip = record(item, where);
  /** @type {Record<string, number>} */
  const layerTimes = Object.create(null);
  for (const [id, time] of Object.entries(record(clip.layerTimes ?? {}, `${where}.layerTimes`))) {
    layerTimes[id] = finite(time, `${where}.layerTimes`);
  }
  return {
    name: text(clip.name, `${where}.name`),
    kind: text(clip.kind, `${where}.kind`),
    probe: whole(clip.probe, `${where}.probe`, { missing: 0 }),
    duration: positive(clip.duration, `${where}.duration`),
    layerTimes,
  };
}

/**
 * @param {any} item
 * @param {string} where
 * @param {Map<string, unknown>} byId
 */
function readEdge(item, where, byId) {
  const edge = record(item, where);
  const ends = { source: text(edge.source, `${where}.source`), target: text(edge.target, `${where}.target`) };
  if (!byId.has(ends.source) || !byId.has(ends.target)) refuse(where, "between two layers");
  return {
    ...ends,
    node: text(edge.node, `${where}.node`, ""),
    drawn: whole(edge.drawn, `${where}.drawn`, { missing: 0 }),
    total: whole(edge.total, `${where}.total`, { missing: 0 }),
    rank: text(edge.rank, `${where}.rank`, ""),
  };
}

/**
 * @param {any} item
 * @param {string} where
 */
function readScope(item, where) {
  const scope = record(item, where);
  return {
    path: text(scope.path, `${where}.path`),
    type: text(scope.type, `${where}.type`, ""),
    parent: scope.parent === undefined || scope.parent === null ? null : text(scope.parent, `${where}.parent`),
    parameters: whole(scope.parameters, `${where}.parameters`, { missing: 0 }),
    node: text(scope.node, `${where}.node`, ""),
  };
}

/**
 * @param {unknown} value
 * @returns {Map<string, Uint8Array>}
 */
function readPalettes(value) {
  const palettes = new Map();
  for (const [name, hex] of Object.entries(record(value ?? {}, "palettes"))) {
    if (typeof hex !== "string" || !/^[0-9a-f]{1536}$/i.test(hex)) refuse(`palettes.${name}`, "256 colours");
    palettes.set(name, Uint8Array.from({ length: 768 }, (_, i) => parseInt(hex.slice(2 * i, 2 * i + 2), 16)));
  }
  return palettes;
}

/** What a search finds: layers, epochs, probes, commands. Pure. */

import { safe, shapeText } from "../data/format.js";

/**
 * @typedef {{kind: "layer"|"epoch"|"probe"|"command", name: string, note: string, layer?: string, index?: number, keys?: string, score: number}} Found
 */

/**
 * How well a text answers: 3 it starts so, 2 a word does, 1 it contains it, 0 no.
 * @param {string} text
 * @param {string} query lower case
 */
export function scoreOf(text, query) {
  const at = text.toLowerCase().indexOf(query);
  if (at < 0) return 0;
  if (at === 0) return 3;
  return /[\s._/-]/.test(text[at - 1]) ? 2 : 1;
}

/**
 * @param {import("../types.js").Network} network
 * @param {{name: string, keys: string}[]} commands
 * @param {string} text
 * @returns {Found[]} grouped by kind, best first, at most eight of a kind
 */
export function findIn(network, commands, text) {
  const query = text.trim().toLowerCase();
  /** @type {Found[]} */
  const layers = network.layers.map((layer) => ({
    kind: "layer",
    name: safe(layer.label),
    note: [layer.title === layer.name ? "" : safe(layer.title), shapeText(layer.outputs[0])].filter(Boolean).join(" · "),
    layer: layer.id,
    score: Math.max(scoreOf(layer.name, query) * 2, scoreOf(layer.id, query) * 2 - 1, scoreOf(layer.title, query), scoreOf(layer.op, query), scoreOf(shapeText(layer.outputs[0]).replaceAll("×", "x"), query.replaceAll("×", "x")), attributeScore(layer, query)),
  }));
  /** @type {Found[]} */
  const epochs = network.steps.map((step, index) => ({ kind: "epoch", name: `epoch ${step.epoch}`, note: "", index, score: query ? scoreOf(`epoch ${step.epoch}`, query) : 0 }));
  /** @type {Found[]} */
  const probes = network.probes.map((probe, index) => ({ kind: "probe", name: safe(probe.name) || `probe ${index}`, note: "", index, score: query ? scoreOf(`${probe.name} probe`, query) : 0 }));
  /** @type {Found[]} */
  const orders = commands.map(({ name, keys }) => ({ kind: "command", name, note: "", keys, score: scoreOf(name, query) }));
  return [layers, epochs, probes, orders].flatMap(best);
}

/** @param {Found[]} found */
function best(found) {
  return found.filter((each) => each.score > 0).sort((a, b) => b.score - a.score).slice(0, 8);
}

/**
 * @param {import("../types.js").Layer} layer
 * @param {string} query
 */
function attributeScore(layer, query) {
  if (query.length < 2) return 0;
  return Object.entries(layer.attributes).some(([key, value]) => scoreOf(`${key} ${JSON.stringify(value)}`, query) > 0) ? 1 : 0;
}

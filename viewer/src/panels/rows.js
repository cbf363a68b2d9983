/** The layer tree as a flat list of rows. Pure. */

import { placeName } from "../data/format.js";
import { tileWord } from "../data/tokens.js";

/**
 * @typedef {object} Row
 * @property {string} key unique
 * @property {"scope"|"layer"|"unit"} kind
 * @property {number} depth 0 for the model
 * @property {string} name
 * @property {import("../types.js").Layer|null} layer
 * @property {number|null} unit
 * @property {string} [scope] path of the scope that a row stands for, unless it is the whole model
 * @property {boolean|null} open null: has no children
 * @property {number} position 1-based among its siblings
 * @property {number} siblings
 */

/**
 * @param {import("../types.js").Network} network
 * @param {ReadonlySet<string>} open keys of open rows
 * @returns {Row[]}
 */
export function treeRows(network, open) {
  /** @type {Row[]} */
  const rows = [];
  const children = childrenByScope(network);

  /**
   * @param {string} path
   * @param {number} depth
   */
  function addChildren(path, depth) {
    const entries = children.get(path) ?? [];
    entries.forEach((entry, index) => {
      const place = { position: index + 1, siblings: entries.length, depth };
      if ("scope" in entry) addScope(entry.scope, place);
      else addLayer(entry.layer, place);
    });
  }

  /**
   * @param {import("../types.js").Scope} scope
   * @param {{position: number, siblings: number, depth: number}} place
   */
  function addScope(scope, place) {
    const key = `scope ${scope.path}`;
    const name = placeName(scope.path.split(".").at(-1) ?? "", scope.type) || scope.type || network.model.name;
    rows.push({ key, kind: "scope", name, layer: null, unit: null, scope: scope.path, open: open.has(key), ...place });
    if (open.has(key) && place.depth < 60) addChildren(scope.path, place.depth + 1);
  }

  /**
   * @param {import("../types.js").Layer} layer
   * @param {{position: number, siblings: number, depth: number}} place
   */
  function addLayer(layer, place) {
    const key = `layer ${layer.id}`;
    const whole = layer.mark === "image" || (layer.values?.tensor && layer.tiles?.count === 1);
    const units = layer.tiles && !whole ? layer.tiles.count : 0;
    rows.push({ key, kind: "layer", name: layer.name, layer, unit: null, open: units ? open.has(key) : null, ...place });
    if (!units || !open.has(key)) return;
    const word = unitWord(layer);
    for (let unit = 0; unit < units; unit++) {
      rows.push({ key: `${key} ${unit}`, kind: "unit", name: `${word} ${unit}`, layer, unit, open: null, depth: place.depth + 1, position: unit + 1, siblings: units });
    }
  }

  addChildren(ROOT, 0);
  return rows;
}

const ROOT = "\0root";

/**
 * Scopes stand where their first layer stands, so that the tree follows the data.
 * @param {import("../types.js").Network} network
 */
function childrenByScope(network) {
  /** @type {Map<string, ({scope: import("../types.js").Scope}|{layer: import("../types.js").Layer})[]>} */
  const children = new Map();
  const scopes = new Map(network.scopes.map((scope) => [scope.path, scope]));
  const placed = new Set();
  const add = (/** @type {string} */ path, /** @type {any} */ entry) => children.set(path, [...(children.get(path) ?? []), entry]);

  /** @param {string} path */
  function place(path) {
    const scope = scopes.get(path);
    if (!scope || placed.has(path)) return;
    placed.add(path);
    const parent = scope.parent ?? (path === "" ? null : "");
    if (parent !== null && scopes.has(parent) && parent !== path) {
      place(parent);
      add(parent, { scope });
    } else add(ROOT, { scope });
  }

  for (const layer of network.layers) {
    place(layer.scope);
    add(scopes.has(layer.scope) ? layer.scope : ROOT, { layer });
  }
  return children;
}

/**
 * Rows that are open at first: all scopes of a small network, the outermost of a large one.
 * @param {import("../types.js").Network} network
 */
export function openAtFirst(network) {
  const few = network.layers.length <= 60;
  return new Set(network.scopes.filter((scope) => few || scope.path.split(".").length < 2).map((scope) => `scope ${scope.path}`));
}

/**
 * The keys of everything above a layer.
 * @param {import("../types.js").Network} network
 * @param {import("../types.js").Layer} layer
 */
export function keysAbove(network, layer) {
  const keys = [];
  const seen = new Set();
  for (let path = /** @type {string|null} */ (layer.scope); path !== null && !seen.has(path); ) {
    seen.add(path);
    keys.push(`scope ${path}`);
    const scope = network.scopes.find((each) => each.path === path);
    path = scope ? (scope.parent ?? (path === "" ? null : "")) : null;
  }
  return keys;
}

/** @param {import("../types.js").Layer} layer what one tile of it is called */
export function unitWord(layer) {
  if (layer.mark === "bars") return "class";
  if (layer.values?.tensor) return "kernel";
  return layer.mark === "units" ? "unit" : (tileWord(layer) ?? "channel");
}

/** @param {import("../types.js").Layer} layer the name of its glyph */
export function glyphOf(layer) {
  return layer.mark === "maps" && layer.kind === "pool" ? "pool" : layer.mark;
}

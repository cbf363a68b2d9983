/**
 * Sequences of tokens: which tile, row or column of a layer belongs to a token, what a token reads and what it feeds.
 * Layers that work on each token alone keep it; the left factor of a product with a matrix keeps it too; the right
 * factor is read by weight: the row of attention weights says which tokens.
 */

import { drawnReaders, drawnSources } from "./through.js";

/**
 * @typedef {import("../types.js").Layer} Layer
 * @typedef {import("../types.js").Network} Network
 * @typedef {import("./windows.js").Reach} Reach
 * @typedef {import("./windows.js").Place} Place
 * @typedef {(layer: Layer, unit: number, row: number) => ArrayLike<number>|null} RowOf the values of a row of a tile at the moment shown
 */

/** The tokens of a row that together carry this share of its weight are those that it reads. */
const SHARE = 0.9;
/** Kinds of which the second axis holds channels, or whose positions read each other. */
const MIXING = new Set(["conv", "pool", "upsample", "recurrent", "reshape", "concat"]);

/** @param {Layer} layer whether it gives attention weights: one tile a head, a row for every token that reads */
export function isAttention({ kind, op, folded, outputs, tiles }) {
  const shape = outputs?.[0]?.shape ?? [];
  return tiles !== null && shape.length === 4 && shape[1] === tiles.count && (shape[2] ?? 0) > 1 && (shape[3] ?? 0) > 1 && [kind, op, ...(folded ?? []).map((each) => each.op)].some((name) => /softmax/i.test(name ?? ""));
}

/**
 * @param {Layer} layer
 * @returns {{along: "unit"|"row", tokens: number, size: number}|null} size: tiles or rows; fewer than tokens where they were pooled
 */
function tokensOf({ kind, outputs, tiles }) {
  const shape = outputs?.[0]?.shape ?? [];
  const tokens = shape[1] ?? 0;
  if (!tiles || shape.length !== 3 || tokens < 2 || MIXING.has(kind)) return null;
  if (tiles.count === tokens) return { along: "unit", tokens, size: tokens };
  return tiles.count === 1 && tiles.height > 1 ? { along: "row", tokens, size: tiles.height } : null;
}

/** @param {Layer} layer what one of its tiles holds, where that is no channel */
export const tileWord = (layer) => (isAttention(layer) ? "head" : tokensOf(layer)?.along === "unit" ? "token" : null);

/**
 * The tokens that a row of attention weights reads, the strongest first.
 * @param {ArrayLike<number>} weights
 */
export function strongest(weights) {
  const order = Array.from(weights, (weight, token) => ({ weight: Math.max(0, weight) || 0, token })).sort((a, b) => b.weight - a.weight);
  const enough = SHARE * order.reduce((sum, { weight }) => sum + weight, 0);
  let sum = 0;
  const found = [];
  for (const each of order) {
    if (each.weight === 0 || sum >= enough) break;
    sum += each.weight;
    found.push(each);
  }
  return found;
}

/**
 * What a row of attention weights reads, in words: "token 5 reads 3 (0.41), 0 (0.22)".
 * @param {Layer} layer
 * @param {{unit: number, row: number}} place
 * @param {RowOf} values
 */
export function readsText(layer, { unit, row }, values) {
  const weights = isAttention(layer) ? values(layer, unit, row) : null;
  if (!weights) return "";
  const found = strongest(weights).map(({ weight, token }) => `${token} (${weight.toFixed(2)})`);
  return `token ${row} reads ${found.slice(0, 6).join(", ")}${found.length > 6 ? ` and ${found.length - 6} more` : ""}`;
}

/**
 * @param {Layer} layer
 * @param {Place} place
 * @returns {{place: number, of: number}|null} index along the drawn axis, and how many there are
 */
function tokenAt(layer, { unit, row }) {
  if (isAttention(layer)) return row === null ? null : { place: row, of: layer.tiles?.height ?? 1 };
  const tokens = tokensOf(layer);
  if (!tokens) return null;
  const place = tokens.along === "unit" ? unit : row;
  return place === null ? null : { place, of: tokens.size };
}

/**
 * Places of another axis over the same tokens; pooled ones cover several.
 * @param {{place: number, of: number}} at
 * @param {number} size
 * @returns {[number, number]} first, behind the last
 */
const scaled = ({ place, of }, size) => [Math.floor((place * size) / of), Math.max(Math.floor((place * size) / of) + 1, Math.ceil(((place + 1) * size) / of))];

/**
 * The part of a layer that belongs to a token.
 * @param {Layer} layer
 * @param {{place: number, of: number}} at
 * @returns {Reach}
 */
function partOf(layer, at) {
  const tokens = /** @type {NonNullable<ReturnType<typeof tokensOf>>} */ (tokensOf(layer));
  const [first, end] = scaled(at, tokens.size);
  if (tokens.along === "unit") return { layer: layer.id, units: Array.from({ length: end - first }, (_, i) => first + i), window: null };
  return { layer: layer.id, units: [0], window: { left: 0, top: first, right: layer.tiles?.width ?? 1, bottom: end } };
}

/** @param {Layer} layer @param {{place: number, of: number}} at @param {number[]|null} units heads, null: all @returns {Reach} */
function rowOf(layer, at, units) {
  const [top, bottom] = scaled(at, layer.tiles?.height ?? 1);
  return { layer: layer.id, units: units ?? heads(layer), window: { left: 0, top, right: layer.tiles?.width ?? 1, bottom } };
}

/** @param {Layer} layer */
const heads = ({ tiles }) => Array.from({ length: tiles?.count ?? 0 }, (_, head) => head);

/**
 * @param {Network} network
 * @param {Layer} layer
 * @param {Place} place
 * @param {RowOf} [values]
 * @returns {Reach[]|null} null where the layer has no tokens, or none is chosen
 */
export function tokenFanIn(network, layer, place, values) {
  const at = tokenAt(layer, place);
  if (at === null) return null;
  const sources = drawnSources(network, layer);
  const weights = isAttention(layer) ? layer : (sources.find((each) => isAttention(each.layer))?.layer ?? null);
  const read = weights && values ? mixOf(weights, at, weights === layer ? [place.unit] : heads(weights), values) : null;
  const reaches = sources.flatMap(({ layer: source, left, right, whole }) => {
    if (whole || !alike(layer, source) || (right && !read)) return [all(source)];
    if (isAttention(source)) return [right ? all(source) : rowOf(source, at, null)];
    const own = left ? [samePixel(layer, source, place, source) ?? partOf(source, at)] : [];
    return [...own, ...(right && read ? read.map((token) => partOf(source, token)) : [])];
  });
  return weights === layer ? [rowOf(layer, at, [place.unit]), ...reaches] : reaches;
}

/**
 * @param {Network} network
 * @param {Layer} layer
 * @param {Place} place
 * @returns {Reach[]|null}
 */
export function tokenFanOut(network, layer, place) {
  const at = tokenAt(layer, place);
  if (at === null) return null;
  return drawnReaders(network, layer).flatMap(({ layer: reader, left, right, whole }) => {
    if (whole || !alike(layer, reader)) return [all(reader)];
    if (isAttention(reader)) return [...(left ? [rowOf(reader, at, null)] : []), ...(right ? [columnOf(reader, at)] : [])];
    if (right) return [all(reader)];
    return [samePixel(reader, layer, place, reader) ?? partOf(reader, at)];
  });
}

/** @param {Layer} layer @returns {Reach} */
const all = (layer) => ({ layer: layer.id, units: null, window: null });

/** @param {Layer} layer @param {{place: number, of: number}} at @returns {Reach} */
function columnOf(layer, at) {
  const [left, right] = scaled(at, layer.tiles?.width ?? 1);
  return { layer: layer.id, units: heads(layer), window: { left, top: 0, right, bottom: layer.tiles?.height ?? 1 } };
}

/** @param {Layer} layer */
const countOf = (layer) => (isAttention(layer) ? layer.outputs[0].shape[2] : (tokensOf(layer)?.tokens ?? null));

/** @param {Layer} a @param {Layer} b whether both hold the same number of tokens */
const alike = (a, b) => countOf(a) !== null && countOf(a) === countOf(b);

/**
 * Sums and activations read the very number that stands there.
 * @param {Layer} reader
 * @param {Layer} source
 * @param {Place} place
 * @param {Layer} end which of the two is meant
 * @returns {Reach|null}
 */
function samePixel(reader, source, { unit, row, column }, end) {
  if (row === null || !["add", "activation", "dropout", "mul"].includes(reader.kind)) return null;
  const [a, b] = [reader.tiles, source.tiles];
  if (!a || !b || a.width !== b.width || a.height !== b.height || a.count !== b.count) return null;
  return { layer: end.id, units: [unit], window: { left: column, top: row, right: column + 1, bottom: row + 1 } };
}

/**
 * The tokens that a token reads by weight, as the mean of heads says.
 * @param {Layer} weights
 * @param {{place: number, of: number}} at
 * @param {number[]} units heads
 * @param {RowOf} values
 */
function mixOf(weights, at, units, values) {
  const [row] = scaled(at, weights.tiles?.height ?? 1);
  const sum = new Float64Array(weights.tiles?.width ?? 0);
  for (const unit of units) {
    const found = values(weights, unit, row);
    if (!found) return null;
    for (let i = 0; i < sum.length; i++) sum[i] += found[i] || 0;
  }
  return strongest(sum).map(({ token }) => ({ place: token, of: sum.length }));
}

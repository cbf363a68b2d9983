/**
 * What a unit or a pixel is computed from, and what it feeds: the windows of convolutions and pools, the rows and columns
 * of a product with a matrix, everything for layers that mix all positions; what belongs to a token in data/tokens.js.
 */

import { drawnReaders, drawnSources } from "./through.js";
import { tokenFanIn, tokenFanOut } from "./tokens.js";

/**
 * @typedef {import("../types.js").Layer} Layer
 * @typedef {{left: number, top: number, right: number, bottom: number}} Window texels of a tile, edges included
 * @typedef {{layer: string, units: number[]|null, window: Window|null}} Reach units null: all of them; window null: whole tiles
 * @typedef {{unit: number, row: number, column: number}|{unit: number, row: null, column: null}} Place row null: the whole unit
 */

/**
 * A setting given as one number or as one for each axis.
 * @param {unknown} value
 * @param {number} missing
 * @returns {[number, number]|null} rows, columns
 */
function pair(value, missing) {
  if (value === undefined || value === null) return [missing, missing];
  if (typeof value === "number") return [value, value];
  if (Array.isArray(value) && value.length === 2 && value.every((each) => typeof each === "number")) return [value[0], value[1]];
  return null;
}

/**
 * Kernel, stride, padding and dilation of a sliding window.
 * @param {Layer} layer
 */
function slidingOf({ kind, attributes }) {
  if (kind !== "conv" && kind !== "pool") return null;
  const kernel = attributes.kernel_size === undefined ? null : pair(attributes.kernel_size, 1);
  if (!kernel) return null;
  const stride = pair(attributes.stride, kind === "pool" ? kernel[0] : 1);
  const padding = pair(attributes.padding, 0);
  const dilation = pair(attributes.dilation, 1);
  return stride && padding && dilation ? { kernel, stride, padding, dilation } : null;
}

/** @param {Layer} layer */
const isMap = (layer) => layer.tiles !== null && layer.tiles.width * layer.tiles.height > 1;

/**
 * The channels that a channel of a convolution reads.
 * @param {Layer} layer
 * @param {Layer} source
 * @param {number} unit
 * @returns {number[]|null} null: all
 */
function channelsOf(layer, source, unit) {
  const inputs = source.tiles?.count ?? 0;
  const outputs = layer.tiles?.count ?? 0;
  if (layer.kind === "pool" || layer.kind === "add") return inputs === outputs ? [unit] : null;
  const groups = typeof layer.attributes.groups === "number" ? layer.attributes.groups : 1;
  if (layer.kind !== "conv" || groups <= 1 || inputs % groups || outputs % groups) return layer.kind === "conv" || layer.kind === "linear" || inputs !== outputs ? null : [unit];
  const first = Math.floor(unit / (outputs / groups)) * (inputs / groups);
  return Array.from({ length: inputs / groups }, (_, i) => first + i);
}

/**
 * @param {import("../types.js").Network} network
 * @param {Layer} layer
 * @param {Place} place
 * @param {import("./tokens.js").RowOf} [values] for the tokens that attention reads
 * @returns {Reach[]} at least one for every layer that it reads
 */
export function fanIn(network, layer, place, values) {
  const tokens = tokenFanIn(network, layer, place, values);
  if (tokens) return tokens;
  const { unit, row, column } = place;
  return drawnSources(network, layer).flatMap(({ layer: source, right, whole }) => {
    if (right || whole) return [{ layer: source.id, units: null, window: null }];
    const units = channelsOf(layer, source, unit);
    const sliding = slidingOf(layer);
    if (row === null || !isMap(layer) || !isMap(source)) return [{ layer: source.id, units, window: null }];
    if (sliding) return [{ layer: source.id, units, window: inside(source, range(sliding, row, column)) }];
    const same = source.tiles?.width === layer.tiles?.width && source.tiles?.height === layer.tiles?.height;
    return [{ layer: source.id, units, window: same && units !== null ? { left: column, top: row, right: column + 1, bottom: row + 1 } : null }];
  });
}

/**
 * @param {import("../types.js").Network} network
 * @param {Layer} layer
 * @param {Place} place
 * @returns {Reach[]} one for every layer that reads it
 */
export function fanOut(network, layer, place) {
  const tokens = tokenFanOut(network, layer, place);
  if (tokens) return tokens;
  const { unit, row, column } = place;
  return drawnReaders(network, layer).flatMap(({ layer: target, right, whole }) => {
    if (right || whole) return [{ layer: target.id, units: null, window: null }];
    const sliding = slidingOf(target);
    const units = readersOf(target, layer, unit);
    if (row === null || !isMap(layer) || !isMap(target)) return [{ layer: target.id, units, window: null }];
    if (sliding) {
      const window = backwards(sliding, row, column, target);
      return window ? [{ layer: target.id, units, window }] : [];
    }
    const same = target.tiles?.width === layer.tiles?.width && target.tiles?.height === layer.tiles?.height;
    return [{ layer: target.id, units, window: same && units !== null ? { left: column, top: row, right: column + 1, bottom: row + 1 } : null }];
  });
}

/**
 * Channels of the target that read a channel of the source.
 * @param {Layer} target
 * @param {Layer} source
 * @param {number} unit
 * @returns {number[]|null}
 */
function readersOf(target, source, unit) {
  const count = target.tiles?.count ?? 0;
  if (channelsOf(target, source, 0) === null) return null;
  return Array.from({ length: count }, (_, each) => each).filter((each) => channelsOf(target, source, each)?.includes(unit));
}

/**
 * @param {{kernel: [number, number], stride: [number, number], padding: [number, number], dilation: [number, number]}} sliding
 * @param {number} row
 * @param {number} column
 * @returns {Window} may reach into the padding
 */
function range({ kernel, stride, padding, dilation }, row, column) {
  const top = row * stride[0] - padding[0];
  const left = column * stride[1] - padding[1];
  return { left, top, right: left + (kernel[1] - 1) * dilation[1] + 1, bottom: top + (kernel[0] - 1) * dilation[0] + 1 };
}

/**
 * Positions of the target whose window holds a pixel.
 * @param {{kernel: [number, number], stride: [number, number], padding: [number, number], dilation: [number, number]}} sliding
 * @param {number} row
 * @param {number} column
 * @param {Layer} target
 * @returns {Window|null} null where none does
 */
function backwards({ kernel, stride, padding, dilation }, row, column, target) {
  const span = (/** @type {number} */ at, /** @type {0|1} */ axis, /** @type {number} */ size) => {
    const reach = (kernel[axis] - 1) * dilation[axis];
    const first = Math.max(0, Math.ceil((at + padding[axis] - reach) / stride[axis]));
    const last = Math.min(size - 1, Math.floor((at + padding[axis]) / stride[axis]));
    return /** @type {const} */ ([first, last]);
  };
  const [top, bottom] = span(row, 0, target.tiles?.height ?? 0);
  const [left, right] = span(column, 1, target.tiles?.width ?? 0);
  return top <= bottom && left <= right ? { left, top, right: right + 1, bottom: bottom + 1 } : null;
}

/**
 * @param {Layer} layer
 * @param {Window} window
 * @returns {Window}
 */
function inside({ tiles }, { left, top, right, bottom }) {
  const [width, height] = [tiles?.width ?? 1, tiles?.height ?? 1];
  return { left: Math.max(0, left), top: Math.max(0, top), right: Math.min(width, Math.max(1, right)), bottom: Math.min(height, Math.max(1, bottom)) };
}

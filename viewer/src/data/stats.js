/** Summaries of recorded values: means over training, histograms. */

/**
 * @typedef {import("../types.js").Layer} Layer
 * @typedef {import("./values.js").Values} Values
 * @typedef {{mean: number, minimum: number, maximum: number, zeros: number, count: number}} Summary
 */

/**
 * @param {Iterable<number>} values not-finite ones are left out
 * @returns {Summary}
 */
export function summarize(values) {
  let [sum, zeros, count] = [0, 0, 0];
  let [minimum, maximum] = [Infinity, -Infinity];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    sum += value;
    count++;
    if (value === 0) zeros++;
    minimum = Math.min(minimum, value);
    maximum = Math.max(maximum, value);
  }
  return { mean: count ? sum / count : NaN, minimum, maximum, zeros, count };
}

/**
 * How many values fall into each of `bins` equal parts of the layer's range.
 * @param {Values} values
 * @param {Layer} layer
 * @param {{step: number, probe: number, bins: number}} what
 */
export function histogram(values, layer, { step, probe, bins }) {
  const counts = new Array(bins).fill(0);
  for (let unit = 0; unit < (layer.tiles?.count ?? 0); unit++) {
    for (const code of values.codes(layer, { step, probe, unit }) ?? []) {
      if (code < 255) counts[Math.min(bins - 1, Math.floor((code * bins) / 255))]++;
    }
  }
  return counts;
}

/**
 * Means over all steps, remembered: a row of the tree and a sparkline ask for them often.
 * @param {Values} values
 */
export function createMeans(values) {
  /** @type {Map<string, number[]>} */
  const known = new Map();

  /**
   * @param {Layer} layer
   * @param {{probe: number, unit: number|null}} what unit null: the whole layer
   * @returns {number[]|null} one mean per step, or null where nothing is known (yet)
   */
  return function means(layer, { probe, unit }) {
    const { tiles } = layer;
    if (!tiles || tiles.origins.length < 2 || !values.has(layer, probe)) return null;
    const key = `${layer.index}/${probe}/${unit ?? "all"}`;
    let found = known.get(key);
    if (!found) {
      found = tiles.origins.map((_, step) => mean(values, layer, { step, probe, unit }));
      known.set(key, found);
    }
    return found;
  };
}

/**
 * @param {Values} values
 * @param {Layer} layer
 * @param {{step: number, probe: number, unit: number|null}} what
 */
function mean(values, layer, { step, probe, unit }) {
  if (unit !== null) return summarize(values.tile(layer, { step, probe, unit }) ?? []).mean;
  const { count } = /** @type {import("../types.js").Tiles} */ (layer.tiles);
  const range = /** @type {import("../types.js").ValueRange} */ (layer.values);
  let [sum, number] = [0, 0];
  for (let each = 0; each < count; each++) {
    for (const code of values.codes(layer, { step, probe, unit: each }) ?? []) {
      if (code === 255) continue;
      sum += code;
      number++;
    }
  }
  return number ? range.low + ((range.high - range.low) * sum) / number / 254 : NaN;
}

/**
 * How much a layer differs between two moments, as a mean share of its range.
 * @param {{values: Values, layer: Layer, step: number, probe: number}} from
 * @param {{values: Values, layer: Layer, step: number, probe: number}} to
 * @returns {number|null} null where they do not have the same form, or are not decoded
 */
export function meanChange(from, to) {
  const [a, b] = [from.layer.tiles, to.layer.tiles];
  const [own, other] = [from.layer.values, to.layer.values];
  if (!a || !b || !own || !other || a.count !== b.count || a.width !== b.width || a.height !== b.height) return null;
  const span = own.high - own.low || 1;
  const [scale, shift] = [(other.high - other.low) / span, (254 * (other.low - own.low)) / span];
  let [sum, count] = [0, 0];
  for (let unit = 0; unit < a.count; unit++) {
    const before = from.values.codes(from.layer, { step: from.step, probe: from.probe, unit });
    const after = to.values.codes(to.layer, { step: to.step, probe: to.probe, unit });
    if (!before || !after) return null;
    for (let i = 0; i < before.length; i++) {
      if (before[i] === 255 || after[i] === 255) continue;
      sum += Math.abs(after[i] * scale + shift - before[i]);
      count++;
    }
  }
  return count ? sum / count / 254 : null;
}

/**
 * Units that say nothing, and units that say the same to everything, at a step over all recorded probes. Dead: zero
 * everywhere; saturated: at an end of the range everywhere.
 * @param {Values} values
 * @param {Layer} layer
 * @param {{step: number, probes: number[]}} what
 * @returns {{dead: number[], saturated: number[]}|null} null while a page is not decoded
 */
export function idleUnits(values, layer, { step, probes }) {
  const { tiles, values: range } = layer;
  if (!tiles || !range || layer.mark === "image" || layer.mark === "bars") return null;
  if (probes.length === 0 || probes.some((probe) => !values.has(layer, probe))) return null;
  const zero = Math.round(Math.min(254, Math.max(0, (-range.low / (range.high - range.low || 1)) * 254)));
  /** @type {number[]} */
  const dead = [];
  /** @type {number[]} */
  const saturated = [];
  for (let unit = 0; unit < tiles.count; unit++) {
    const tilesNow = probes.map((probe) => values.codes(layer, { step, probe, unit }) ?? new Uint8Array());
    if (tilesNow.every((codes) => codes.every((code) => code === zero))) dead.push(unit);
    else if (tilesNow.every((codes) => codes.every((code) => code === 254 || (code === 0 && zero !== 0)))) saturated.push(unit);
  }
  return { dead, saturated };
}

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

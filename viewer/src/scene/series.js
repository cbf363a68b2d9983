/** Values of one-pixel tiles (units, class bars) over all steps, unpacked once for each layer and probe. */

/**
 * @typedef {object} Series
 * @property {number} count units
 * @property {(unit: number, moment: {step: number, next: number, fraction: number}) => number} at
 *   share of the layer's range, 0..1, linear between steps
 * @property {(unit: number, step: number) => number} code 0..255
 */

/**
 * @param {import("../data/values.js").Values} values
 */
export function createSeries(values) {
  /** @type {Map<string, Series>} */
  const known = new Map();
  return {
    /**
     * @param {import("../types.js").Layer} layer
     * @param {number} probe
     * @returns {Series|null} null while the page is not decoded, or where tiles are pictures
     */
    of(layer, probe) {
      const single = layer.tiles?.width === 1 && layer.tiles.height === 1;
      if (!single || !values.has(layer, probe)) return null;
      const key = `${layer.index}/${probe}`;
      let series = known.get(key);
      if (!series) known.set(key, (series = unpack(values, layer, probe)));
      return series;
    },
  };
}

/**
 * @param {import("../data/values.js").Values} values
 * @param {import("../types.js").Layer} layer
 * @param {number} probe
 * @returns {Series}
 */
function unpack(values, layer, probe) {
  const { count, origins } = /** @type {import("../types.js").Tiles} */ (layer.tiles);
  const { low, high } = /** @type {import("../types.js").ValueRange} */ (layer.values);
  const shares = new Float32Array(count * origins.length);
  const codes = new Uint8Array(count * origins.length);
  for (let step = 0; step < origins.length; step++) {
    for (let unit = 0; unit < count; unit++) {
      const reading = values.read(layer, { step, probe, unit });
      const share = reading ? (reading.value - low) / (high - low) : 0;
      shares[step * count + unit] = Number.isFinite(share) ? Math.min(1, Math.max(0, share)) : 0;
      codes[step * count + unit] = reading?.code ?? 0;
    }
  }
  const at = (/** @type {number} */ step) => (origins.length === 1 ? 0 : step * count);
  return {
    count,
    at(unit, { step, next, fraction }) {
      const from = shares[at(step) + unit];
      return from + (shares[at(next) + unit] - from) * fraction;
    },
    code: (unit, step) => codes[at(step) + unit],
  };
}

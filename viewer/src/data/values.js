/** The recorded numbers, looked up by layer, step, probe, unit and pixel. */

/**
 * @typedef {import("../types.js").Layer} Layer
 * @typedef {import("../types.js").Tiles} Tiles
 * @typedef {import("../types.js").ValueRange} ValueRange
 * @typedef {ReturnType<typeof createValues>} Values
 *
 * @typedef {object} Reading
 * @property {number} value NaN when it was not finite
 * @property {number} code 0..255, for the colour
 * @property {"below"|"above"|"not finite"|null} beyond whether only a bound is known
 */

/** The remainder that stands for nothing in between. */
const MIDDLE = 127;

/**
 * value = low + (high - low) * (code + (remainder - 127) / 254) / 254, as docs/scene-format.md has it.
 * @param {ValueRange} range
 * @param {number} code 0..254
 * @param {number} remainder 0..254
 */
export function decodeValue(range, code, remainder) {
  return range.low + ((range.high - range.low) * (code + (remainder - MIDDLE) / 254)) / 254;
}

/**
 * Top left pixel of a unit's tile in its page.
 * @param {Tiles} tiles
 * @param {number} step
 * @param {number} unit
 * @returns {[x: number, y: number]}
 */
export function tileOrigin(tiles, step, unit) {
  const [x, y] = tiles.origins[tiles.origins.length === 1 ? 0 : step];
  const column = unit % tiles.columns;
  const row = Math.floor(unit / tiles.columns);
  return [
    x + tiles.gutter + column * (tiles.width + 2 * tiles.gutter),
    y + tiles.gutter + row * (tiles.height + 2 * tiles.gutter),
  ];
}

/**
 * @param {import("../types.js").Network} network
 * @param {ReturnType<typeof import("./pages.js").createPages>} pages
 */
export function createValues(network, pages) {
  /**
   * @param {Layer} layer
   * @param {number} probe
   */
  const pageOf = (layer, probe) => pages.get(layer.tiles?.pages[probe]);

  /**
   * @param {Layer} layer
   * @param {number} probe
   */
  function has(layer, probe) {
    return pageOf(layer, probe) !== null;
  }

  /**
   * @param {Layer} layer
   * @param {{step: number, probe: number, unit: number, row?: number, column?: number}} place
   * @returns {Reading|null} null while the page is not decoded
   */
  function read(layer, { step, probe, unit, row = 0, column = 0 }) {
    const page = pageOf(layer, probe);
    if (!page || !layer.tiles || !layer.values || unit >= layer.tiles.count) return null;
    const [x, y] = tileOrigin(layer.tiles, step, unit);
    return reading(layer.values, page, (y + row) * page.width + x + column);
  }

  /**
   * All values of one unit's tile, row by row.
   * @param {Layer} layer
   * @param {{step: number, probe: number, unit: number}} place
   * @returns {Float64Array|null}
   */
  function tile(layer, { step, probe, unit }) {
    const page = pageOf(layer, probe);
    if (!page || !layer.tiles || !layer.values) return null;
    const { width, height } = layer.tiles;
    const [x, y] = tileOrigin(layer.tiles, step, unit);
    const found = new Float64Array(width * height);
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        found[row * width + column] = reading(layer.values, page, (y + row) * page.width + x + column).value;
      }
    }
    return found;
  }

  /**
   * Codes of one unit's tile, for drawing it.
   * @param {Layer} layer
   * @param {{step: number, probe: number, unit: number}} place
   * @returns {Uint8Array|null}
   */
  function codes(layer, { step, probe, unit }) {
    const page = pageOf(layer, probe);
    if (!page || !layer.tiles) return null;
    const [x, y] = tileOrigin(layer.tiles, step, unit);
    return cut(page, { x, y, width: layer.tiles.width, height: layer.tiles.height });
  }

  return { network, has, read, tile, codes, page: pageOf };
}

/**
 * @param {Values} values
 * @param {{step: number, probe: number}} at
 * @returns {import("./tokens.js").RowOf}
 */
export const rowsAt = (values, at) => (layer, unit, row) => {
  const width = layer.tiles?.width ?? 0;
  return values.tile(layer, { ...at, unit })?.subarray(row * width, (row + 1) * width) ?? null;
};

/**
 * @param {{width: number, codes: Uint8Array}} page
 * @param {{x: number, y: number, width: number, height: number}} rectangle
 */
export function cut(page, { x, y, width, height }) {
  const found = new Uint8Array(width * height);
  for (let row = 0; row < height; row++) {
    const start = (y + row) * page.width + x;
    found.set(page.codes.subarray(start, start + width), row * width);
  }
  return found;
}

/**
 * @param {ValueRange} range
 * @param {import("./pages.js").DecodedPage} page
 * @param {number} at
 * @returns {Reading}
 */
function reading(range, page, at) {
  const code = page.codes[at];
  if (code === 255) return { value: NaN, code, beyond: "not finite" };
  const remainder = page.remainders ? page.remainders[at] : MIDDLE;
  const value = decodeValue(range, code, remainder);
  if (remainder === MIDDLE && code === 0 && range.below > 0) return { value, code, beyond: "below" };
  if (remainder === MIDDLE && code === 254 && range.above > 0) return { value, code, beyond: "above" };
  return { value, code, beyond: null };
}

/** Reads one entry of `layers`. */

import { placeName } from "./format.js";
import { each, finite, record, refuse, text, vector, whole } from "./read.js";

const MARKS = new Set(["image", "maps", "units", "bars", "joint", "block", "folded"]);

/** @typedef {{index: number, pages: import("../types.js").Page[], steps: number, probes: number}} Context */

/**
 * @param {any} item
 * @param {string} where
 * @param {Context} context
 * @returns {import("../types.js").Layer}
 */
export function readLayer(item, where, context) {
  const layer = record(item, where);
  const mark = text(layer.mark, `${where}.mark`, "block");
  const id = text(layer.id, `${where}.id`);
  return {
    index: context.index,
    id,
    name: placeName(text(layer.name, `${where}.name`, id), (text(layer.title, `${where}.title`, "") || text(layer.op, `${where}.op`, "")).split(" ")[0]),
    label: id,
    op: text(layer.op, `${where}.op`, ""),
    kind: text(layer.kind, `${where}.kind`, ""),
    scope: text(layer.scope, `${where}.scope`, ""),
    title: text(layer.title, `${where}.title`, ""),
    folded: each(layer.folded, `${where}.folded`, (folded, at) => ({ id: text(folded?.id, `${at}.id`), op: text(folded?.op, `${at}.op`) })),
    inputs: each(layer.inputs, `${where}.inputs`, readTensor),
    outputs: each(layer.outputs, `${where}.outputs`, readTensor),
    parameters: whole(layer.parameters, `${where}.parameters`, { missing: 0 }),
    parameterTensors: each(layer.parameterTensors, `${where}.parameterTensors`, (tensor, at) => ({
      name: text(tensor?.name, `${at}.name`),
      shape: each(tensor?.shape, `${at}.shape`, (size, place) => finite(size, place)),
      dtype: text(tensor?.dtype, `${at}.dtype`, ""),
    })),
    flops: layer.flops === undefined || layer.flops === null ? null : finite(layer.flops, `${where}.flops`),
    attributes: record(layer.attributes ?? {}, `${where}.attributes`),
    source: text(layer.source, `${where}.source`, ""),
    mark: MARKS.has(mark) ? /** @type {import("../types.js").Mark} */ (mark) : refuse(`${where}.mark`, `one of ${[...MARKS].join(", ")}`),
    node: text(layer.node, `${where}.node`, ""),
    box: layer.box ? { min: vector(layer.box.min, `${where}.box.min`, 3), max: vector(layer.box.max, `${where}.box.max`, 3) } : null,
    values: layer.values ? readValues(layer.values, `${where}.values`) : null,
    tiles: layer.tiles && layer.values ? readTiles(layer.tiles, `${where}.tiles`, context) : null,
    length: layer.length ? { zero: finite(layer.length.zero, `${where}.length.zero`), full: finite(layer.length.full, `${where}.length.full`) } : null,
  };
}

/**
 * @param {any} item
 * @param {string} where
 * @returns {import("../types.js").Tensor}
 */
function readTensor(item, where) {
  const tensor = record(item, where);
  return {
    shape: each(tensor.shape, `${where}.shape`, (size, at) => (typeof size === "number" ? finite(size, at) : null)),
    dtype: text(tensor.dtype, `${where}.dtype`, ""),
  };
}

/**
 * @param {any} item
 * @param {string} where
 * @returns {import("../types.js").ValueRange}
 */
function readValues(item, where) {
  const values = record(item, where);
  const number = (/** @type {string} */ key) => finite(values[key], `${where}.${key}`, 0);
  const low = number("low");
  const high = number("high");
  if (!(high >= low)) refuse(where, "a range that grows");
  return {
    quantity: text(values.quantity, `${where}.quantity`, "activation"),
    palette: text(values.palette, `${where}.palette`),
    low,
    high,
    minimum: number("minimum"),
    maximum: number("maximum"),
    below: number("below"),
    above: number("above"),
    notFinite: number("notFinite"),
    tensor: values.tensor ? readPlace(values.tensor, `${where}.tensor`) : null,
  };
}

/**
 * @param {any} item
 * @param {string} where
 * @returns {import("./tensor-index.js").TensorPlace}
 */
function readPlace(item, where) {
  const tensor = record(item, where);
  const pair = (/** @type {string} */ key) => {
    if (tensor[key] === undefined || tensor[key] === null) return null;
    const found = vector(tensor[key], `${where}.${key}`, 2);
    return found.every((size) => Number.isInteger(size) && size >= 1) ? /** @type {[number, number]} */ (found) : refuse(`${where}.${key}`, "two sizes");
  };
  return {
    name: text(tensor.name, `${where}.name`, ""),
    shape: each(tensor.shape, `${where}.shape`, (size, at) => whole(size, at)),
    kernel: pair("kernel"),
    pool: pair("pool"),
  };
}

/**
 * @param {any} item
 * @param {string} where
 * @param {Context} context
 * @returns {import("../types.js").Tiles}
 */
function readTiles(item, where, { pages, steps, probes }) {
  const tiles = record(item, where);
  const size = (/** @type {string} */ key, least = 1) => whole(tiles[key], `${where}.${key}`, { least, most: 8192 * 8192 });
  const found = {
    width: size("width"),
    height: size("height"),
    count: size("count"),
    columns: size("columns"),
    gutter: size("gutter", 0),
    pages: each(tiles.pages, `${where}.pages`, (page, at) => (page === null ? null : whole(page, at, { most: pages.length - 1 }))),
    origins: each(tiles.origins, `${where}.origins`, (origin, at) => /** @type {[number, number]} */ (vector(origin, at, 2))),
  };
  if (found.pages.length !== probes) refuse(`${where}.pages`, "a page for every probe");
  if (found.origins.length !== 1 && found.origins.length !== steps) refuse(`${where}.origins`, "an origin for every step");
  checkInside(found, where, pages);
  return found;
}

/**
 * @param {import("../types.js").Tiles} tiles
 * @param {string} where
 * @param {import("../types.js").Page[]} pages
 */
function checkInside(tiles, where, pages) {
  const columns = Math.min(tiles.columns, tiles.count);
  const rows = Math.ceil(tiles.count / tiles.columns);
  const width = columns * (tiles.width + 2 * tiles.gutter);
  const height = rows * (tiles.height + 2 * tiles.gutter);
  for (const index of tiles.pages) {
    if (index === null) continue;
    for (const [x, y] of tiles.origins) {
      const inside = x >= 0 && y >= 0 && x + width <= pages[index].width && y + height <= pages[index].height;
      if (!inside || !Number.isInteger(x) || !Number.isInteger(y)) refuse(where, "inside its page");
    }
  }
}

/**
 * A made-up network with values that are known by formula, written as docs/scene-format.md says: an input, a
 * convolution with negative values, units, class bars; three epochs, two probes.
 *
 * Nothing is rotated or scaled, every panel lies in the plane z = 0, one texel is 0.1 m wide.
 */

import { GlbWriter } from "./glb-writer.js";
import { png } from "./png.js";

export const STEPS = 3;
export const PROBES = 2;
const TEXEL = 0.1;

/** @typedef {{id: string, mark: string, palette: string, low: number, high: number, width: number, height: number, count: number, columns: number, gutter: number, x: number}} Spec */

/** @type {Spec[]} */
export const LAYERS = [
  { id: "input", mark: "image", palette: "input", low: 0, high: 1, width: 6, height: 6, count: 1, columns: 1, gutter: 1, x: -3 },
  { id: "body.conv", mark: "maps", palette: "diverging", low: -2, high: 2, width: 4, height: 4, count: 4, columns: 2, gutter: 1, x: -1.2 },
  { id: "body.fc", mark: "units", palette: "sequential", low: 0, high: 5, width: 1, height: 1, count: 6, columns: 3, gutter: 0, x: 1 },
  { id: "out", mark: "bars", palette: "sequential", low: 0, high: 1, width: 1, height: 1, count: 3, columns: 3, gutter: 0, x: 2 },
];

/**
 * The stored value, before it is rounded to 16 bits.
 * @param {Spec} layer
 */
export function valueOf(layer, { step, probe, unit, row = 0, column = 0 }) {
  if (layer.mark === "image") return ((row * 6 + column + 7 * probe) % 36) / 35;
  if (layer.mark === "bars") return unit === probe ? [0.2, 0.6, 0.98][step] : [0.4, 0.2, 0.01][step];
  const wave = Math.sin(1 + unit * 1.7 + row * 0.6 + column * 0.37 + step * 0.9 + probe * 2.1);
  return layer.low + (layer.high - layer.low) * (0.5 + 0.5 * wave);
}

/** @param {Spec} layer @param {number} value */
function quantize({ low, high }, value) {
  const place = ((value - low) / (high - low)) * 254;
  const code = Math.min(254, Math.max(0, Math.round(place)));
  return { code, remainder: 127 + Math.round((place - code) * 254) };
}

/** @param {(t: number) => number[]} color */
function palette(color) {
  const bytes = new Uint8Array(768);
  for (let code = 0; code < 255; code++) bytes.set(color(code / 254).map((v) => Math.round(v * 255)), 3 * code);
  bytes.set([120, 120, 120], 765);
  return bytes;
}

export const PALETTES = {
  input: palette((t) => [t, t, t]),
  sequential: palette((t) => [t, 0.08 + 0.8 * t * t, 0.15 + 0.3 * t]),
  diverging: palette((t) => (t < 0.5 ? [0.1, 0.1 + 0.6 * (0.5 - t) * 2, 0.1 + 0.9 * (0.5 - t) * 2] : [0.1 + 0.9 * (t - 0.5) * 2, 0.1 + 0.5 * (t - 0.5) * 2, 0.1])),
};

const blockSize = (layer) => [layer.columns * (layer.width + 2 * layer.gutter), Math.ceil(layer.count / layer.columns) * (layer.height + 2 * layer.gutter)];

/** Where the tiles of each layer lie in the pages: a row of step blocks for each layer. */
function pageLayout() {
  const origins = new Map();
  const sizes = new Map();
  for (const layer of LAYERS) {
    const [width, height] = blockSize(layer);
    const size = sizes.get(layer.palette) ?? { width: 0, height: 0 };
    const steps = layer.mark === "image" ? 1 : STEPS;
    origins.set(layer.id, Array.from({ length: steps }, (_, k) => [k * width, size.height]));
    sizes.set(layer.palette, { width: Math.max(size.width, steps * width), height: size.height + height });
  }
  return { origins, sizes };
}

function tileCorner(layer, [x, y], unit) {
  return [
    x + layer.gutter + (unit % layer.columns) * (layer.width + 2 * layer.gutter),
    y + layer.gutter + Math.floor(unit / layer.columns) * (layer.height + 2 * layer.gutter),
  ];
}

function paintPage(name, probe, { origins, sizes }, silent) {
  const { width, height } = sizes.get(name);
  const codes = new Uint8Array(width * height);
  const remainders = new Uint8Array(width * height).fill(127);
  for (const layer of LAYERS.filter((each) => each.palette === name)) {
    origins.get(layer.id).forEach((origin, step) => {
      for (let unit = 0; unit < layer.count; unit++) {
        const [x, y] = tileCorner(layer, origin, unit);
        for (let row = -layer.gutter; row < layer.height + layer.gutter; row++) {
          for (let column = -layer.gutter; column < layer.width + layer.gutter; column++) {
            const inside = (v, size) => Math.min(size - 1, Math.max(0, v));
            const quiet = layer.mark === "maps" && unit === silent;
            const value = quiet ? 0 : valueOf(layer, { step, probe, unit, row: inside(row, layer.height), column: inside(column, layer.width) });
            const { code, remainder } = quantize(layer, value);
            codes[(y + row) * width + x + column] = code;
            remainders[(y + row) * width + x + column] = remainder;
          }
        }
      }
    });
  }
  return { width, height, codes, remainders };
}

/** World position of the middle of a texel, or of a unit or bar: what a test points at. */
export function placeOf(layer, { unit, row = 0, column = 0 }) {
  if (layer.mark === "bars") return [layer.x + 0.02, 0.6 - unit * 0.4, 0.05];
  if (layer.mark === "units") return [layer.x + (unit % 3) * 0.2, 0.2 - Math.floor(unit / 3) * 0.2, 0];
  const [left, top] = quadCorner(layer, unit);
  return [left + (column + 0.5) * TEXEL, top - (row + 0.5) * TEXEL, 0];
}

function quadCorner(layer, unit) {
  const pitch = (layer.width + 0.5) * TEXEL;
  return [layer.x + (unit % layer.columns) * pitch, 0.4 - Math.floor(unit / layer.columns) * pitch];
}

const BOX = [0, 1, 3, 0, 3, 2, 4, 6, 7, 4, 7, 5, 0, 4, 5, 0, 5, 1, 2, 3, 7, 2, 7, 6, 0, 2, 6, 0, 6, 4, 1, 5, 7, 1, 7, 3];

function boxes(ranges) {
  const positions = [];
  const indices = [];
  ranges.forEach(([low, high], index) => {
    for (const x of [low[0], high[0]]) for (const y of [low[1], high[1]]) for (const z of [low[2], high[2]]) positions.push(x, y, z);
    indices.push(...BOX.map((i) => i + 8 * index));
  });
  return { positions, indices };
}

/**
 * @param {{names?: Record<string, string>, title?: string, classes?: string[], rgb?: boolean, silent?: number|null, change?: (writer: GlbWriter, record: any) => void}} [options]
 *   silent: a channel of the convolution that is zero everywhere; names: what layers are called; rgb: pages without a palette, as an optimiser may leave them
 * @returns {Buffer} a .glb
 */
export function makeScene({ names = {}, title = "Tiny", classes = ["zero", "one", "two"], rgb = false, silent = null, change } = {}) {
  const writer = new GlbWriter();
  const layout = pageLayout();
  const pages = [];
  const materials = new Map();
  for (const name of Object.keys(PALETTES)) {
    for (let probe = 0; probe < PROBES; probe++) {
      const { width, height, codes, remainders } = paintPage(name, probe, layout, silent);
      const image = `${name} probe ${probe}`;
      const colors = rgb ? Uint8Array.from({ length: codes.length * 3 }, (_, i) => PALETTES[name][3 * codes[Math.floor(i / 3)] + (i % 3)]) : codes;
      const texture = writer.image(image, png({ width, height, pixels: colors, ...(rgb ? { channels: 3 } : { palette: PALETTES[name] }) }));
      writer.image(`${image} low`, png({ width, height, pixels: remainders }));
      pages.push({ image, low: `${image} low`, palette: name, width, height });
      if (probe === 0) materials.set(name, writer.material({ name: image, doubleSided: true, pbrMetallicRoughness: { baseColorTexture: { index: texture } } }));
    }
  }
  const root = writer.node({ name: "tiny" });
  const body = writer.node({ name: "body" }, root);
  const layers = LAYERS.map((layer) => writeLayer(writer, layer, { parent: layer.id.startsWith("body.") ? body : root, materials, layout, pages, name: names[layer.id] }));
  const edges = [["input", "body.conv"], ["body.conv", "body.fc"], ["body.fc", "out"]].map(([source, target]) => writeEdge(writer, root, source, target));
  writeClip(writer, layers);
  const record = makeRecord({ title, classes, pages, layers, edges });
  change?.(writer, record);
  writer.json.scenes[0].extras = { nn2gltf: record };
  return writer.bytes();
}

function writeLayer(writer, layer, { parent, materials, layout, pages, name }) {
  const { id } = layer;
  const root = writer.node({ name: id, extras: { role: "layer", layer: id } }, parent);
  const frame = writer.material({ name: "frame", pbrMetallicRoughness: { baseColorFactor: [0.27, 0.31, 0.46, 1] } });
  if (layer.mark === "image" || layer.mark === "maps") writePanels(writer, layer, { root, material: materials.get(layer.palette), layout });
  else if (layer.mark === "units") writeUnits(writer, layer, { root, material: frame });
  else writeBars(writer, layer, { root, material: frame });
  const steps = layout.origins.get(id);
  const page = (probe) => pages.findIndex((each) => each.palette === layer.palette && each.image.endsWith(`probe ${probe}`));
  return {
    id, name: name ?? id.split(".").at(-1), op: layer.mark === "maps" ? "Conv2d" : "Linear", kind: layer.mark === "maps" ? "conv" : "linear", scope: id.startsWith("body.") ? "body" : "",
    title: layer.mark === "maps" ? "Conv2d 3×3" : id, mark: layer.mark, node: id, parameters: 12,
    inputs: [{ shape: [PROBES, layer.count], dtype: "float32" }],
    outputs: [{ shape: layer.width > 1 ? [PROBES, layer.count, layer.height, layer.width] : [PROBES, layer.count], dtype: "float32" }],
    attributes: layer.mark === "maps" ? { kernel_size: [3, 3], bias: true } : {}, source: "tiny.py:7",
    values: { quantity: "activation", palette: layer.palette, low: layer.low, high: layer.high, minimum: layer.low, maximum: layer.high, below: 0, above: 0, notFinite: 0 },
    tiles: { width: layer.width, height: layer.height, count: layer.count, columns: layer.columns, gutter: layer.gutter, pages: Array.from({ length: PROBES }, (_, probe) => page(probe)), origins: steps },
    ...(layer.mark === "units" ? { length: { zero: 0.05, full: 0.4 } } : {}),
  };
}

function writePanels(writer, layer, { root, material, layout }) {
  const size = layout.sizes.get(layer.palette);
  const group = writer.node({ name: `${layer.id} panels`, extras: { role: "panels", layer: layer.id } }, root);
  const positions = [];
  const indices = [];
  for (let unit = 0; unit < layer.count; unit++) {
    const [left, top] = quadCorner(layer, unit);
    const [right, bottom] = [left + layer.width * TEXEL, top - layer.height * TEXEL];
    positions.push(left, bottom, 0, right, bottom, 0, right, top, 0, left, top, 0);
    indices.push(...[0, 1, 2, 0, 2, 3].map((i) => i + 4 * unit));
  }
  layout.origins.get(layer.id).forEach((origin, step, all) => {
    const uv = [];
    for (let unit = 0; unit < layer.count; unit++) {
      const [x, y] = tileCorner(layer, origin, unit);
      const [l, t, r, b] = [x / size.width, y / size.height, (x + layer.width) / size.width, (y + layer.height) / size.height];
      uv.push(l, b, r, b, r, t, l, t);
    }
    const mesh = writer.mesh({ attributes: { POSITION: writer.accessor(positions, "VEC3"), TEXCOORD_0: writer.accessor(uv, "VEC2") }, indices: writer.accessor(indices, "SCALAR", Uint16Array), material });
    const scale = step === all.length - 1 ? {} : { scale: [0, 0, 0] };
    writer.node({ name: `${layer.id} step ${step}`, mesh, extras: { role: "panel", layer: layer.id, step }, ...scale }, group);
  });
}

function writeUnits(writer, layer, { root, material }) {
  const group = writer.node({ name: `${layer.id} units`, extras: { role: "units", layer: layer.id } }, root);
  for (let step = 0; step < STEPS; step++) {
    const { positions, indices } = boxes(Array.from({ length: layer.count }, (_, unit) => {
      const [x, y] = placeOf(layer, { unit });
      const share = (valueOf(layer, { step, probe: 0, unit }) - layer.low) / (layer.high - layer.low);
      return [[x - 0.06, y - 0.06, -0.02], [x + 0.06, y + 0.06, 0.05 + 0.35 * share]];
    }));
    const mesh = writer.mesh({ attributes: { POSITION: writer.accessor(positions, "VEC3") }, indices: writer.accessor(indices, "SCALAR", Uint16Array), material });
    writer.node({ name: `${layer.id} units step ${step}`, mesh, extras: { role: "unit_step", layer: layer.id, step }, ...(step === STEPS - 1 ? {} : { scale: [0, 0, 0] }) }, group);
  }
}

function writeBars(writer, layer, { root, material }) {
  for (let unit = 0; unit < layer.count; unit++) {
    const { positions, indices } = boxes([[[0, -0.1, 0], [1, 0.1, 0.1]]]);
    const mesh = writer.mesh({ attributes: { POSITION: writer.accessor(positions, "VEC3") }, indices: writer.accessor(indices, "SCALAR", Uint16Array), material });
    const value = valueOf(layer, { step: STEPS - 1, probe: 0, unit });
    writer.node({ name: `${layer.id} class ${unit}`, mesh, translation: [layer.x, 0.6 - unit * 0.4, 0], scale: [value, 1, 1], extras: { role: "bar", layer: layer.id, unit } }, root);
  }
}

function writeEdge(writer, root, source, target) {
  const find = (id) => LAYERS.find((layer) => layer.id === id);
  const [a, b] = [find(source).x + 0.5, find(target).x];
  const positions = [a, -0.8, -0.1, a, -0.78, -0.1, b, -0.8, -0.1, b, -0.78, -0.1];
  const colors = Array.from({ length: 4 }, () => [1, 0.32, 0.1, 1]).flat();
  const material = writer.material({ name: "connections", doubleSided: true });
  const mesh = writer.mesh({ attributes: { POSITION: writer.accessor(positions, "VEC3"), COLOR_0: writer.accessor(colors, "VEC4") }, indices: writer.accessor([0, 1, 2, 1, 3, 2], "SCALAR", Uint16Array), material });
  writer.node({ name: `${source} to ${target}`, mesh, extras: { role: "connections", source, target } }, root);
  return { source, target, node: `${source} to ${target}`, drawn: 1, total: 24, rank: "|weight|" };
}

/** The viewer moves bars by their values; the clip is there for the page that shows the file as a plain glTF. */
function writeClip(writer) {
  const input = writer.accessor([0, 1, 2], "SCALAR");
  const target = writer.json.nodes.findIndex((node) => node.name === "out class 0");
  const output = writer.accessor([0.2, 1, 1, 0.6, 1, 1, 0.98, 1, 1], "VEC3");
  writer.json.animations.push({ name: "epochs", samplers: [{ input, output }], channels: [{ sampler: 0, target: { node: target, path: "scale" } }] });
}

function makeRecord({ title, classes, pages, layers, edges }) {
  const input = LAYERS[0];
  return {
    schema: 1, generator: "nn2gltf 0.1.0", title,
    model: { name: "Tiny", parameters: 48, weights: "trained" },
    data: { name: "made up", classes, accuracy: "test_accuracy" },
    style: { name: "stage", background: "#0b0e14", text: "#f0f3fa", dim: "#a3aec6", accent: "#ffd21f", positive: "#ff9a5c", negative: "#62aaff", frame: "#8d97b4" },
    options: {}, time: { duration: 2.4, secondsPerStep: 1, framesPerSecond: 24 },
    steps: [0, 1, 2].map((k) => ({ epoch: k, time: k, metrics: { test_accuracy: [0.1, 0.9, 0.97][k], train_loss: [2.3, 0.4, 0.1][k] } })),
    probes: [0, 1].map((probe) => ({ label: probe, name: `digit ${probe}`, tile: { page: pages.findIndex((page) => page.image === `input probe ${probe}`), x: 1, y: 1, width: input.width, height: input.height }, predictions: [2, probe, probe], confidences: [0.4, 0.6, 0.98] })),
    mainProbe: 0,
    clips: [{ name: "epochs", kind: "epochs", probe: 0, duration: 2.4 }, { name: "forward pass", kind: "forward", probe: 0, duration: 4.4, layerTimes: { input: 0, "body.conv": 1, "body.fc": 2, out: 3 } }],
    palettes: Object.fromEntries(Object.entries(PALETTES).map(([name, bytes]) => [name, Buffer.from(bytes).toString("hex")])),
    pages, layers, edges,
    scopes: [{ path: "", type: "Tiny", parent: null, parameters: 48, node: "tiny" }, { path: "body", type: "Body", parent: "", parameters: 24, node: "body" }],
    reductions: [], report: [],
  };
}

/** Everything of a network that is drawn: built once from the file, then only told what to show. */

import { createLayerDrawing } from "./layer-drawing.js";
import { createLinks } from "./links.js";
import { codesTexture, colorsTexture } from "./maps.js";
import { cornersOfSigns, meshesOf, readRoles } from "./roles.js";
import { createSeries } from "./series.js";

/**
 * @typedef {import("../types.js").Layer} Layer
 * @typedef {import("./layer-drawing.js").Moment} Moment
 * @typedef {import("./layer-drawing.js").LayerDrawing} LayerDrawing
 * @typedef {ReturnType<typeof createDrawing>} Drawing
 */

/**
 * @param {import("three").Object3D} root
 * @param {{network: import("../types.js").Network, values: import("../data/values.js").Values, palettes: import("../data/shown-palettes.js").Palettes}} data
 *   the pages of the main probe are decoded
 */
export function createDrawing(root, { network, values, palettes }) {
  root.updateMatrixWorld(true);
  const roles = readRoles(root);
  const links = createLinks(roles.connections, network);
  const series = createSeries(values);
  const layers = network.layers.map((layer) => createLayerDrawing(network, layer, roles.layers.get(layer.id), series));
  /** @type {Map<object, import("three").DataTexture>} */
  const textures = new Map();
  /** @type {Map<Uint8Array, import("three").DataTexture>} */
  const colors = new Map();

  /** @param {Uint8Array} palette */
  function colorsOf(palette) {
    let texture = colors.get(palette);
    if (!texture) colors.set(palette, (texture = colorsTexture(palette)));
    return texture;
  }

  /**
   * @param {Layer} layer
   * @param {number} probe
   */
  function textureOf(layer, probe) {
    const page = values.page(layer, probe);
    if (!page) return null;
    let texture = textures.get(page);
    if (!texture) textures.set(page, (texture = codesTexture(page)));
    return texture;
  }

  return {
    network,
    values,
    layers,
    links,
    /** Where the file's own signs stand that name its layers; empty where the page names them. */
    signs: cornersOfSigns(roles.signs),
    textureOf,
    /** Gives the memory of the graphics processor back. */
    dispose() {
      for (const texture of [...textures.values(), ...colors.values()]) texture.dispose();
      disposeOf(root);
    },
    series,
    /** @type {Map<string, LayerDrawing>} */
    byId: new Map(layers.map((layer) => [layer.layer.id, layer])),
    /**
     * @param {Moment} moment
     * @param {{theme: "dark"|"light", range: "layer"|"global", heights: number, strength: (id: string) => number,
     *   against: ((layer: Layer) => import("./layer-drawing.js").Against|null)|null}} look
     */
    show(moment, { theme, range, heights, strength, against }) {
      const common = range === "global" && !against ? commonRange(network) : null;
      for (const drawing of layers) {
        const amount = strength(drawing.layer.id) * lit(network, drawing.layer.id, moment.seconds);
        const other = against && drawing.layer.mark !== "image" ? against(drawing.layer) : null;
        const palette = other ? palettes.difference(theme) : palettes.of(drawing.layer, theme);
        drawing.show(moment, { theme, amount, palette, colors: colorsOf(palette), codes: textureOf(drawing.layer, moment.probe), remap: remapOf(drawing.layer, common), heights, against: other });
      }
    },
  };
}

/**
 * What a layer is compared with: its own values at another moment, or those of the same layer of another file.
 * @param {Drawing} other
 * @param {Moment} moment
 * @returns {(layer: Layer) => import("./layer-drawing.js").Against|null} null where they do not have the same form
 */
export function againstOf(other, moment) {
  return (layer) => {
    const found = other.network.byId.get(layer.id);
    const [tiles, own] = [found?.tiles, layer.tiles];
    if (!found || !tiles || !own || !found.values || !layer.values) return null;
    if (["width", "height", "count", "columns", "gutter"].some((key) => /** @type {any} */ (tiles)[key] !== /** @type {any} */ (own)[key])) return null;
    const span = layer.values.high - layer.values.low || 1;
    const remap = { x: (found.values.high - found.values.low) / span, y: (254 * (found.values.low - layer.values.low)) / span };
    return { moment, codes: other.textureOf(found, moment.probe), tiles, series: other.series.of(found, moment.probe), remap };
  };
}

/** @param {import("three").Object3D} root */
export function disposeOf(root) {
  for (const mesh of meshesOf(root)) {
    mesh.geometry?.dispose();
    for (const material of [mesh.material].flat()) {
      for (const value of Object.values(material ?? {})) if (value && /** @type {any} */ (value).isTexture) value.dispose();
      material?.dispose();
    }
  }
}

/**
 * How brightly a layer stands at a moment of the forward pass.
 * @param {import("../types.js").Network} network
 * @param {string} id
 * @param {number|null} seconds
 */
export function lit(network, id, seconds) {
  if (seconds === null) return 1;
  const start = network.clips.find((clip) => clip.kind === "forward")?.layerTimes[id];
  if (start === undefined) return 1;
  return 0.14 + 0.86 * Math.min(1, Math.max(0, (seconds - start) / 0.35));
}

/**
 * The range over all layers that share the activations' palette of their sign.
 * @param {import("../types.js").Network} network
 */
export function commonRange(network) {
  const shared = network.layers.filter((layer) => layer.values && layer.mark !== "image" && layer.mark !== "bars");
  return { low: Math.min(0, ...shared.map((layer) => layer.values?.low ?? 0)), high: Math.max(...shared.map((layer) => layer.values?.high ?? 0), 1e-9) };
}

/**
 * Maps a layer's code to its code in the common range: code' = x code + y.
 * @param {Layer} layer
 * @param {{low: number, high: number}|null} common
 */
function remapOf(layer, common) {
  const range = layer.values;
  if (!common || !range || layer.mark === "image" || layer.mark === "bars") return { x: 1, y: 0 };
  const [low, high] = range.low < 0 ? [-Math.max(common.high, -common.low), Math.max(common.high, -common.low)] : [0, common.high];
  return { x: (range.high - range.low) / (high - low), y: (254 * (range.low - low)) / (high - low) };
}

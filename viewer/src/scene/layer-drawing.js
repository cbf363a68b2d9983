/** What is drawn of one layer: its maps, units or class bars, its frames, and where it stands. */

import { Box3, Color, Matrix4, SRGBColorSpace, Vector3 } from "three";
import { RecordError } from "../data/read.js";
import { TOKENS } from "./colors.js";
import { createMaps } from "./maps.js";
import { meshesOf } from "./roles.js";
import { createStructure } from "./structure.js";
import { createUnits, readBodies } from "./units.js";

/**
 * @typedef {import("../types.js").Layer} Layer
 * @typedef {ReturnType<typeof import("./series.js").createSeries>} SeriesStore
 * @typedef {{step: number, next: number, fraction: number, probe: number, seconds: number|null}} Moment
 *   seconds: on the clock of the forward pass, null while epochs play
 * @typedef {ReturnType<typeof createLayerDrawing>} LayerDrawing
 */

/**
 * @typedef {object} Look
 * @property {"dark"|"light"} theme
 * @property {number} amount 0: faded into the canvas, 1: as it is
 * @property {Uint8Array} palette
 * @property {import("three").DataTexture} colors
 * @property {import("three").DataTexture|null} codes null while the page of this probe is not decoded
 * @property {{x: number, y: number}} remap from the layer's codes to those of the shown range
 * @property {number} heights factor on the length of units
 * @property {Against|null} against draw the difference to this instead of the values
 *
 * @typedef {object} Against
 * @property {Moment} moment
 * @property {import("three").DataTexture|null} codes
 * @property {import("../types.js").Tiles} tiles
 * @property {import("./series.js").Series|null} series of one-pixel tiles
 * @property {{x: number, y: number}} remap from its codes to the layer's
 */

/**
 * @param {import("../types.js").Network} network
 * @param {Layer} layer
 * @param {import("./roles.js").LayerNodes|undefined} nodes
 * @param {SeriesStore} series
 */
export function createLayerDrawing(network, layer, nodes, series) {
  const maps = nodes ? buildMaps(network, layer, nodes) : null;
  const units = nodes?.unitSteps.length ? buildUnits(network, layer, nodes, series) : null;
  const bars = nodes?.bars ?? [];
  // Of a thousand classes a big layout draws some: the lists of bars and outlines have holes.
  for (const node of [...bars, ...(nodes?.outlines ?? [])].filter(Boolean)) node.scale.set(1, 1, 1);
  const structure = nodes ? createStructure(nodes, network.style) : null;
  const background = new Color();

  return {
    layer,
    nodes,
    maps,
    units,
    bars,
    corners: cornersOf(nodes, [maps, units?.mesh ?? null], layer),
    /**
     * @param {Moment} moment
     * @param {Look} look
     */
    show(moment, look) {
      structure?.paint(look.theme, look.amount);
      background.set(TOKENS[look.theme].canvas);
      if (maps) showMaps(maps, layer, moment, look, background);
      const known = series.of(layer, moment.probe);
      if (units) units.mesh.visible = known !== null;
      if (units && known) showUnits(units, known, moment, { ...look, background });
      bars.forEach((bar, unit) => (bar.scale.x = Math.max(0.001, known?.at(unit, moment) ?? 0)));
      if (look.against?.series && known) paintBars(bars, known, look, moment);
      nodes?.outlines.forEach((outline, probe) => (outline.visible = probe === moment.probe));
    },
  };
}

/**
 * @param {import("three").Object3D[]} bars
 * @param {import("./series.js").Series} known
 * @param {Look} look
 * @param {Moment} moment
 */
function paintBars(bars, known, look, moment) {
  bars.forEach((bar, unit) => {
    const at = 3 * Math.round(Math.min(255, Math.max(0, codeOf(known, look.against, unit, moment))));
    const [r, g, b] = look.palette.subarray(at, at + 3);
    for (const mesh of meshesOf(bar)) /** @type {any} */ (mesh.material).color.setRGB(r / 255, g / 255, b / 255, SRGBColorSpace);
  });
}

/**
 * @param {import("./maps.js").MapsMesh} maps
 * @param {Layer} layer
 * @param {Moment} moment
 * @param {Look} look
 * @param {Color} background
 */
function showMaps(maps, layer, { step, next, fraction }, { amount, colors, codes, remap, against }, background) {
  const { uniforms } = maps.material;
  const origins = layer.tiles?.origins ?? [[0, 0]];
  uniforms.origin.value.set(...origins[origins.length === 1 ? 0 : step]);
  uniforms.next.value.set(...origins[origins.length === 1 ? 0 : next]);
  uniforms.fraction.value = origins.length === 1 ? 0 : fraction;
  uniforms.difference.value = against?.codes != null;
  if (against?.codes) {
    const others = against.tiles.origins;
    uniforms.other.value = against.codes;
    uniforms.otherOrigin.value.set(...others[others.length === 1 ? 0 : against.moment.step]);
    uniforms.otherRemap.value.set(against.remap.x, against.remap.y);
  }
  uniforms.remap.value.set(remap.x, remap.y);
  uniforms.colors.value = colors;
  uniforms.codes.value = codes;
  uniforms.strength.value = amount;
  background.getRGB(uniforms.background.value, SRGBColorSpace);
  maps.visible = codes !== null;
}

/**
 * @param {import("../types.js").Network} network
 * @param {Layer} layer
 * @param {import("./roles.js").LayerNodes} nodes
 */
function buildMaps(network, layer, nodes) {
  const panel = panelOf(nodes);
  const page = layer.tiles?.pages.find((index) => index !== null);
  if (!panel || page == null) return null;
  const maps = createMaps(panel, layer, network.pages[page]);
  if (!maps) throw new RecordError(`the panel of ${JSON.stringify(layer.id)} does not have one quad for every channel`);
  nodes.root?.add(maps);
  return maps;
}

/** @param {import("./roles.js").LayerNodes} nodes the panel of the last step */
function panelOf(nodes) {
  const last = nodes.panels.at(-1);
  return last && meshesOf(last)[0];
}

/**
 * @param {import("../types.js").Network} network
 * @param {Layer} layer
 * @param {import("./roles.js").LayerNodes} nodes
 * @param {SeriesStore} series
 */
function buildUnits(network, layer, nodes, series) {
  const node = /** @type {import("three").Object3D} */ (nodes.unitSteps.at(-1));
  const known = series.of(layer, network.mainProbe);
  const mesh = meshesOf(node)[0];
  if (!known || !mesh || !layer.length || !layer.tiles) throw new RecordError(`the units of ${JSON.stringify(layer.id)} have no values or no length`);
  const scale = new Vector3().setFromMatrixScale(nodes.root?.matrixWorld ?? new Matrix4()).x || 1;
  const last = network.steps.length - 1;
  const still = { step: last, next: last, fraction: 0, probe: network.mainProbe, seconds: null };
  const grow = (layer.length.full - layer.length.zero) / scale;
  const bodies = readBodies(mesh.geometry.getAttribute("position"), layer.tiles.count, (unit) => known.at(unit, still), grow);
  if (!bodies) throw new RecordError(`the units of ${JSON.stringify(layer.id)} are not boxes that grow with their values`);
  const units = createUnits(bodies, layer.tiles.count);
  units.mesh.position.copy(node.position);
  units.mesh.quaternion.copy(node.quaternion);
  for (let unit = 0; unit < known.count; unit++) units.setLength(unit, 1);
  nodes.root?.add(units.mesh);
  return units;
}

/**
 * @param {ReturnType<typeof createUnits>} units
 * @param {import("./series.js").Series} known
 * @param {Moment} moment
 * @param {Look & {background: Color}} look
 */
function showUnits(units, known, moment, { palette, remap, background, amount, heights, against }) {
  for (let unit = 0; unit < known.count; unit++) {
    units.setLength(unit, known.at(unit, moment), heights);
    const code = codeOf(known, against, unit, moment);
    units.setColor(unit, palette, code === 255 ? 255 : Math.round(Math.min(254, Math.max(0, code * remap.x + remap.y))));
  }
  units.fade(background, amount);
  units.finish();
}

/**
 * @param {import("./series.js").Series} known
 * @param {Against|null} against
 * @param {number} unit
 * @param {Moment} moment
 */
function codeOf(known, against, unit, { step, next, fraction }) {
  const [code, later] = [known.code(unit, step), known.code(unit, next)];
  const now = code === 255 || later === 255 ? code : code + (later - code) * fraction;
  if (!against?.series || code === 255) return now;
  const before = against.series.code(unit, against.moment.step);
  return before === 255 ? 255 : 127 + (now - (before * against.remap.x + against.remap.y));
}

/**
 * The corners of what a layer draws, in world metres: tight around its rotated panels.
 * @param {import("./roles.js").LayerNodes|undefined} nodes
 * @param {(import("three").Object3D|null)[]} own what the page draws instead of the file's meshes
 * @param {Layer} layer
 * @returns {Vector3[]}
 */
function cornersOf(nodes, own, layer) {
  const root = nodes?.root;
  if (root) {
    const box = new Box3();
    const inverse = root.matrixWorld.clone().invert();
    for (const node of [...nodes.frames, ...nodes.bars, ...own]) {
      node?.updateWorldMatrix(true, false);
      for (const mesh of node ? meshesOf(node) : []) box.union(boundsOf(mesh).applyMatrix4(inverse.clone().multiply(mesh.matrixWorld)));
    }
    if (!box.isEmpty() && Number.isFinite(box.min.lengthSq() + box.max.lengthSq())) return cornerPoints(box).map((point) => point.applyMatrix4(root.matrixWorld));
  }
  if (!layer.box) return [];
  return cornerPoints(new Box3(new Vector3(...layer.box.min), new Vector3(...layer.box.max)));
}

/** @param {import("three").Mesh} mesh */
function boundsOf(mesh) {
  const instances = /** @type {import("three").InstancedMesh} */ (mesh);
  if (instances.isInstancedMesh) {
    instances.computeBoundingBox();
    return /** @type {Box3} */ (instances.boundingBox).clone();
  }
  mesh.geometry.computeBoundingBox();
  return /** @type {Box3} */ (mesh.geometry.boundingBox).clone();
}

/** @param {Box3} box */
function cornerPoints({ min, max }) {
  return [0, 1, 2, 3, 4, 5, 6, 7].map((i) => new Vector3(i & 1 ? max.x : min.x, i & 2 ? max.y : min.y, i & 4 ? max.z : min.z));
}

/** What lies under a point of the canvas: layer, unit, pixel. */

import { Raycaster, Vector2 } from "three";
import { meshesOf } from "./roles.js";

/**
 * @typedef {{layer: string, unit: number|null, row: number, column: number, pixel?: boolean, block?: string}} Picked
 *   block: path of the folded block that was hit; the layer is empty then
 */

/**
 * @param {import("./drawing.js").LayerDrawing[]} layers
 * @param {{path: string, mesh: import("three").Object3D}[]} blocks boxes of folded blocks
 */
export function createPicker(layers, blocks) {
  const raycaster = new Raycaster();
  /** @type {Map<import("three").Object3D, {drawing: import("./drawing.js").LayerDrawing, part: "maps"|"units"|"bar"|"frame", unit: number}>} */
  const targets = new Map();
  for (const drawing of layers) {
    if (drawing.maps) targets.set(drawing.maps, { drawing, part: "maps", unit: 0 });
    if (drawing.units) targets.set(drawing.units.mesh, { drawing, part: "units", unit: 0 });
    drawing.bars.forEach((bar, unit) => meshesOf(bar).forEach((mesh) => targets.set(mesh, { drawing, part: "bar", unit })));
    for (const frame of drawing.nodes?.frames ?? []) meshesOf(frame).forEach((mesh) => targets.set(mesh, { drawing, part: "frame", unit: 0 }));
  }
  /** @type {Map<import("three").Object3D, string>} */
  const boxes = new Map(blocks.map(({ path, mesh }) => [mesh, path]));
  const meshes = [...targets.keys(), ...boxes.keys()];

  /**
   * @param {import("three").PerspectiveCamera} camera
   * @param {{x: number, y: number}} point -1..1, y up
   * @returns {Picked|null}
   */
  return function pick(camera, { x, y }) {
    raycaster.setFromCamera(new Vector2(x, y), camera);
    for (const hit of raycaster.intersectObjects(meshes, false)) {
      if (!isShown(hit.object)) continue;
      const block = boxes.get(hit.object);
      if (block !== undefined) return { layer: "", unit: null, row: 0, column: 0, block };
      const target = targets.get(hit.object);
      if (target) return describe(hit, target);
    }
    return null;
  };
}

/** @param {import("three").Object3D|null} object */
function isShown(object) {
  for (let at = object; at; at = at.parent) if (!at.visible) return false;
  return true;
}

/**
 * @param {import("three").Intersection} hit
 * @param {{drawing: import("./drawing.js").LayerDrawing, part: string, unit: number}} target
 * @returns {Picked}
 */
function describe(hit, { drawing, part, unit }) {
  const { layer, maps } = drawing;
  if (part === "maps" && maps && hit.uv && layer.tiles && hit.faceIndex != null && hit.face) {
    const corner = maps.geometry.getAttribute("corner");
    const clamp = (/** @type {number} */ value, /** @type {number} */ size) => Math.min(size - 1, Math.max(0, Math.floor(value)));
    return {
      layer: layer.id,
      unit: Math.floor(hit.faceIndex / 2),
      row: clamp(hit.uv.y - corner.getY(hit.face.a), layer.tiles.height),
      column: clamp(hit.uv.x - corner.getX(hit.face.a), layer.tiles.width),
      pixel: true,
    };
  }
  if (part === "units") return { layer: layer.id, unit: hit.instanceId ?? null, row: 0, column: 0 };
  if (part === "bar") return { layer: layer.id, unit, row: 0, column: 0 };
  return { layer: layer.id, unit: frameUnit(drawing, hit), row: 0, column: 0 };
}

/**
 * A tray in front of a class bar stands for the class as well.
 * @param {import("./drawing.js").LayerDrawing} drawing
 * @param {import("three").Intersection} hit
 */
function frameUnit({ bars }, hit) {
  if (bars.length === 0) return null;
  const local = bars.map((bar) => {
    const parent = /** @type {import("three").Object3D} */ (bar.parent);
    return Math.abs(parent.worldToLocal(hit.point.clone()).y - bar.position.y);
  });
  return local.indexOf(Math.min(...local.filter(Number.isFinite)));
}

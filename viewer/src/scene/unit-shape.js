/** Where a unit of a layer stands: the quad of a channel, the body of a unit, the box of a class bar. */

import { Box3, Matrix4, Vector3 } from "three";

/** @typedef {import("./drawing.js").LayerDrawing} LayerDrawing */

/**
 * World points around a unit: four for a channel (its quad in order), eight for a body.
 * @param {LayerDrawing} drawing
 * @param {number} unit
 * @returns {Vector3[]}
 */
export function unitPoints(drawing, unit) {
  return quad(drawing, unit) ?? body(drawing, unit) ?? [];
}

/**
 * @param {LayerDrawing} drawing
 * @returns {number} how many units can be pointed at
 */
export function unitCount({ maps, units, bars, layer }) {
  if (maps) return layer.tiles?.count ?? 0;
  return units ? units.mesh.count : bars.length;
}

/**
 * Part of a channel's tile in texels, as four world points.
 * @param {LayerDrawing} drawing
 * @param {number} unit
 * @param {{left: number, top: number, right: number, bottom: number}} window in texels, edges included
 * @returns {Vector3[]}
 */
export function windowPoints(drawing, unit, { left, top, right, bottom }) {
  const corners = quad(drawing, unit);
  const tiles = drawing.layer.tiles;
  if (!corners || !tiles || !drawing.maps) return [];
  const index = /** @type {import("three").BufferAttribute} */ (drawing.maps.geometry.getIndex());
  const uv = drawing.maps.geometry.getAttribute("uv");
  const corner = drawing.maps.geometry.getAttribute("corner");
  const vertices = verticesOf(index, unit);
  const local = vertices.map((v) => [uv.getX(v) - corner.getX(v), uv.getY(v) - corner.getY(v)]);
  const at = (/** @type {number} */ x, /** @type {number} */ y) => {
    const point = new Vector3();
    local.forEach(([u, v], i) => {
      const wx = u > tiles.width / 2 ? x / tiles.width : 1 - x / tiles.width;
      const wy = v > tiles.height / 2 ? y / tiles.height : 1 - y / tiles.height;
      point.addScaledVector(corners[i], wx * wy);
    });
    return point;
  };
  return [at(left, top), at(right, top), at(right, bottom), at(left, bottom)];
}

/**
 * How far a point is from each unit's box: the end of a ribbon lies at its own unit.
 * @param {LayerDrawing} drawing
 * @returns {(point: Vector3) => number} the nearest unit
 */
export function nearestUnit(drawing) {
  const boxes = Array.from({ length: unitCount(drawing) }, (_, unit) => new Box3().setFromPoints(unitPoints(drawing, unit)));
  return (point) => {
    let [best, least] = [0, Infinity];
    boxes.forEach((box, unit) => {
      const distance = box.distanceToPoint(point);
      if (distance < least) [best, least] = [unit, distance];
    });
    return best;
  };
}

/**
 * @param {import("three").BufferAttribute} index
 * @param {number} unit
 */
function verticesOf(index, unit) {
  return [...new Set(Array.from({ length: 6 }, (_, k) => index.getX(6 * unit + k)))].sort((a, b) => a - b);
}

/**
 * The four corners of a channel's tile.
 * @param {LayerDrawing} drawing
 * @param {number} unit
 */
function quad({ maps, layer }, unit) {
  if (!maps || unit >= (layer.tiles?.count ?? 0)) return null;
  const index = /** @type {import("three").BufferAttribute} */ (maps.geometry.getIndex());
  const position = maps.geometry.getAttribute("position");
  return verticesOf(index, unit).map((v) => new Vector3().fromBufferAttribute(position, v).applyMatrix4(maps.matrixWorld));
}

/**
 * The eight corners of a unit's body, or of a class bar.
 * @param {LayerDrawing} drawing
 * @param {number} unit
 */
function body({ units, bars }, unit) {
  const cube = [0, 1, 2, 3, 4, 5, 6, 7].map((i) => new Vector3(i & 1 ? 0.5 : -0.5, i & 2 ? 0.5 : -0.5, i & 4 ? 0.5 : -0.5));
  if (units && unit < units.mesh.count) {
    const matrix = new Matrix4();
    units.mesh.getMatrixAt(unit, matrix);
    matrix.premultiply(units.mesh.matrixWorld);
    return cube.map((corner) => corner.applyMatrix4(matrix));
  }
  const bar = /** @type {import("three").Mesh|undefined} */ (bars[unit]);
  const box = bar?.geometry?.boundingBox;
  if (!bar || !box) return null;
  const [size, middle] = [box.getSize(new Vector3()), box.getCenter(new Vector3())];
  return cube.map((corner) => corner.multiply(size).add(middle).applyMatrix4(bar.matrixWorld));
}

/** The single connections inside the mesh of an edge: a ribbon is a strip of its own, from one unit to another. */

import { Vector3 } from "three";

/**
 * @typedef {{first: number, count: number}} Strip vertices of a ribbon
 * @typedef {Strip & {source: number, target: number}} Ribbon units at its ends
 */

/**
 * Splits a mesh into strips: triangles of a strip only touch vertices that lie behind those of the strip before.
 * @param {{getX: (at: number) => number, count: number}} index
 * @returns {Strip[]}
 */
export function stripsOf(index) {
  /** @type {Strip[]} */
  const strips = [];
  let [first, last] = [0, -1];
  for (let at = 0; at < index.count; at += 3) {
    const triangle = [index.getX(at), index.getX(at + 1), index.getX(at + 2)];
    const [low, high] = [Math.min(...triangle), Math.max(...triangle)];
    if (last >= 0 && low > last) {
      strips.push({ first, count: last - first + 1 });
      first = low;
    } else if (last < 0) first = low;
    last = Math.max(last, high);
  }
  if (last >= 0) strips.push({ first, count: last - first + 1 });
  return strips;
}

/**
 * @param {import("three").Mesh} mesh
 * @param {{source: (point: Vector3) => number, target: (point: Vector3) => number}} nearest unit to a world point
 * @returns {Ribbon[]}
 */
export function ribbonsOf(mesh, nearest) {
  const index = mesh.geometry.getIndex();
  const positions = mesh.geometry.getAttribute("position");
  if (!index) return [];
  mesh.updateWorldMatrix(true, false);
  const middle = (/** @type {number} */ a, /** @type {number} */ b) =>
    new Vector3().fromBufferAttribute(positions, a).add(new Vector3().fromBufferAttribute(positions, b)).multiplyScalar(0.5).applyMatrix4(mesh.matrixWorld);
  return stripsOf(index).map(({ first, count }) => {
    // One side of the strip lies in the first half of its vertices, the other in the second.
    const half = Math.floor(count / 2);
    return { first, count, source: nearest.source(middle(first, first + half)), target: nearest.target(middle(first + half - 1, first + count - 1)) };
  });
}

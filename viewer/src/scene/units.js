/**
 * Units as bodies: one instanced box a unit, its length and colour from the recorded values, so that
 * any probe stands in 3D at any moment between two steps.
 */

import { BoxGeometry, Color, InstancedMesh, Matrix4, MeshLambertMaterial, Quaternion, Vector3, SRGBColorSpace } from "three";

/**
 * @typedef {import("../types.js").Layer} Layer
 * @typedef {{least: Float32Array, most: Float32Array, axis: number, grow: number, top: number}} Bodies
 *   least, most: corners of every unit in mesh coordinates; the side at +axis moves: top + grow * fraction
 */

/**
 * Reads the boxes of a step mesh (eight vertices a unit) and finds the direction in which they grow.
 * @param {import("three").BufferAttribute|import("three").InterleavedBufferAttribute} positions
 * @param {number} units
 * @param {(unit: number) => number} fraction the value of a unit at that step, 0..1 of its range
 * @param {number} grow length from fraction 0 to 1 in mesh coordinates
 * @returns {Bodies|null} null when they are not boxes of that kind
 */
export function readBodies(positions, units, fraction, grow) {
  if (positions.count !== units * 8) return null;
  const least = new Float32Array(units * 3).fill(Infinity);
  const most = new Float32Array(units * 3).fill(-Infinity);
  for (let vertex = 0; vertex < positions.count; vertex++) {
    for (let axis = 0; axis < 3; axis++) {
      const at = 3 * Math.floor(vertex / 8) + axis;
      const value = positions.getComponent(vertex, axis);
      least[at] = Math.min(least[at], value);
      most[at] = Math.max(most[at], value);
    }
  }
  const fits = [0, 1, 2].map((axis) => fitAxis({ least, most }, units, { axis, fraction, grow }));
  const axis = fits.findIndex((fit) => fit.error === Math.min(...fits.map((each) => each.error)));
  if (!(fits[axis].error < 0.02 * Math.abs(grow))) return null;
  return { least, most, axis, grow, top: fits[axis].top };
}

/**
 * How well "the far side lies at top + grow * fraction" explains the boxes along one axis.
 * @param {{least: Float32Array, most: Float32Array}} boxes
 * @param {number} units
 * @param {{axis: number, fraction: (unit: number) => number, grow: number}} model
 */
function fitAxis({ least, most }, units, { axis, fraction, grow }) {
  const top = most[axis] - grow * fraction(0);
  const base = least[axis];
  let error = 0;
  for (let unit = 0; unit < units; unit++) {
    const at = 3 * unit + axis;
    error = Math.max(error, Math.abs(most[at] - top - grow * fraction(unit)), Math.abs(least[at] - base));
  }
  return { error, top };
}

/**
 * @param {Bodies} bodies
 * @param {number} units
 */
export function createUnits(bodies, units) {
  const material = new MeshLambertMaterial({ color: 0xffffff });
  const mesh = new InstancedMesh(new BoxGeometry(1, 1, 1), material, units);
  mesh.frustumCulled = false;
  const position = new Vector3();
  const scale = new Vector3();
  const still = new Quaternion();
  const matrix = new Matrix4();
  const color = new Color();

  /**
   * @param {number} unit
   * @param {number} fraction 0..1 of the layer's range
   * @param {number} [factor] on the length
   */
  function setLength(unit, fraction, factor = 1) {
    const at = 3 * unit;
    const low = [bodies.least[at], bodies.least[at + 1], bodies.least[at + 2]];
    const high = [bodies.most[at], bodies.most[at + 1], bodies.most[at + 2]];
    high[bodies.axis] = bodies.top + bodies.grow * fraction * factor;
    position.set((low[0] + high[0]) / 2, (low[1] + high[1]) / 2, (low[2] + high[2]) / 2);
    scale.set(high[0] - low[0], high[1] - low[1], high[2] - low[2]);
    mesh.setMatrixAt(unit, matrix.compose(position, still, scale));
  }

  return {
    mesh,
    setLength,
    /**
     * @param {number} unit
     * @param {ArrayLike<number>} palette
     * @param {number} code
     */
    setColor(unit, palette, code) {
      const at = 3 * code;
      mesh.setColorAt(unit, color.setRGB(palette[at] / 255, palette[at + 1] / 255, palette[at + 2] / 255, SRGBColorSpace));
    },
    /**
     * Fades all bodies towards the canvas.
     * @param {Color} background
     * @param {number} strength 0..1
     */
    fade(background, strength) {
      material.color.setScalar(strength);
      material.emissive.copy(background).multiplyScalar(1 - strength);
    },
    /** Call once after a round of changes. */
    finish() {
      mesh.instanceMatrix.needsUpdate = true;
      if (mesh.instanceColor) mesh.instanceColor.needsUpdate = true;
      mesh.boundingSphere = null;
    },
  };
}

/** The nodes of a file by the part they play (`role`, docs/scene-format.md). */

import { Vector3 } from "three";

/**
 * @typedef {import("three").Object3D} Object3D
 * @typedef {import("three").Mesh} Mesh
 *
 * @typedef {object} LayerNodes
 * @property {Object3D|null} root
 * @property {Object3D[]} frames frames and joints
 * @property {Object3D[]} panels step panels, last step last
 * @property {Object3D[]} unitSteps
 * @property {Object3D[]} bars by unit
 * @property {Object3D[]} outlines by probe
 */

/** Roles that the page draws by itself, or shows as HTML. */
const REPLACED = new Set(["label", "panels", "units", "panel", "unit_step", "names", "percent", "probe", "forward", "title", "counter", "legend", "floor"]);

/** Plates that a layout has placed clear of each other; they are shown as they are. */
export const SIGNS = new Set(["sign", "labels"]);

/**
 * @param {Object3D} root
 */
export function readRoles(root) {
  /** @type {Map<string, LayerNodes>} */
  const layers = new Map();
  /** @type {{node: Object3D, source: string, target: string}[]} */
  const connections = [];
  /** @type {Object3D[]} */
  const signs = [];

  /** @param {string} id */
  const of = (id) => {
    let found = layers.get(id);
    if (!found) layers.set(id, (found = { root: null, frames: [], panels: [], unitSteps: [], bars: [], outlines: [] }));
    return found;
  };

  root.traverse((node) => {
    const { role, layer } = node.userData;
    if (REPLACED.has(role)) node.visible = false;
    if (SIGNS.has(role)) signs.push(node);
    if (role === "connections") connections.push({ node, source: String(node.userData.source), target: String(node.userData.target) });
    if (typeof layer === "string") sort(of(layer), role, node);
  });
  return { layers, connections, signs };
}

/**
 * @param {LayerNodes} nodes
 * @param {unknown} role
 * @param {Object3D} node
 */
function sort(nodes, role, node) {
  const { step, unit, probe } = node.userData;
  if (role === "layer") nodes.root = node;
  else if (role === "frame" || role === "joint") nodes.frames.push(node);
  else if (role === "panel") nodes.panels[place(step)] = node;
  else if (role === "unit_step") nodes.unitSteps[place(step)] = node;
  else if (role === "bar") nodes.bars[place(unit)] = node;
  else if (role === "outline") nodes.outlines[place(probe)] = node;
}

/** @param {unknown} index */
function place(index) {
  return typeof index === "number" && Number.isInteger(index) && index >= 0 && index < 1e6 ? index : 0;
}

/**
 * The meshes at and below a node: the loader makes a group of a mesh with several primitives.
 * @param {Object3D} node
 * @returns {Mesh[]}
 */
export function meshesOf(node) {
  /** @type {Mesh[]} */
  const found = [];
  node.traverse((each) => {
    if (/** @type {any} */ (each).isMesh) found.push(/** @type {Mesh} */ (each));
  });
  return found;
}

/**
 * Corners of the plates in world metres.
 * @param {Object3D[]} signs
 * @returns {Vector3[]}
 */
export function cornersOfSigns(signs) {
  return signs.flatMap(meshesOf).flatMap((mesh) => {
    const position = mesh.geometry.getAttribute("position");
    return Array.from({ length: position.count }, (_, index) => new Vector3().fromBufferAttribute(position, index).applyMatrix4(mesh.matrixWorld));
  });
}

/** Any other glTF: its own clips, its own look, its nodes as a tree, its numbers. */

import { AnimationMixer, Box3, Vector3 } from "three";

/**
 * @typedef {import("three").Object3D} Object3D
 * @typedef {{node: Object3D, name: string, depth: number, kind: "mesh"|"camera"|"light"|"group"}} PlainRow
 */

/** More nodes than this are counted, not listed. */
const MOST_ROWS = 20_000;

/**
 * @param {import("three/examples/jsm/loaders/GLTFLoader.js").GLTF} gltf
 */
export function createPlain(gltf) {
  const mixer = new AnimationMixer(gltf.scene);
  const actions = gltf.animations.map((clip) => mixer.clipAction(clip));
  /** @type {Object3D[]} */
  const nodes = [];
  gltf.scene.traverse((node) => nodes.push(node));
  const authored = new Map(nodes.map((node) => [node, node.visible]));
  /** @type {Set<Object3D>} */
  const hidden = new Set();
  let playing = -1;

  return {
    duration: gltf.animations[0]?.duration ?? 0,
    clips: gltf.animations.map(({ name, duration }) => ({ name, duration })),
    rows: rowsOf(gltf.scene),
    stats: statsOf(gltf),
    hidden,
    /**
     * @param {number} seconds
     * @param {number} clip index
     */
    show(seconds, clip) {
      if (playing !== clip) {
        mixer.stopAllAction();
        actions[clip]?.reset().play();
        playing = clip;
      }
      for (const node of nodes) node.visible = true;
      if (actions[clip]) mixer.setTime(Math.min(seconds, gltf.animations[clip].duration - 1e-6));
      for (const node of nodes) {
        const flat = node.scale.x === 0 && node.scale.y === 0 && node.scale.z === 0;
        node.visible = !flat && !hidden.has(node) && authored.get(node) !== false;
      }
    },
    /**
     * @param {Object3D} [root]
     * @returns {[number, number, number][]} corners of everything that is shown
     */
    corners(root = gltf.scene) {
      const box = new Box3();
      gltf.scene.updateMatrixWorld(true);
      root.traverseVisible((node) => {
        const mesh = /** @type {import("three").Mesh} */ (node);
        if (!mesh.geometry?.getAttribute("position")) return;
        mesh.geometry.computeBoundingBox();
        box.union(/** @type {Box3} */ (mesh.geometry.boundingBox).clone().applyMatrix4(mesh.matrixWorld));
      });
      if (box.isEmpty() || !Number.isFinite(box.min.lengthSq() + box.max.lengthSq())) box.set(new Vector3(-1, -1, -1), new Vector3(1, 1, 1));
      const { min, max } = box;
      return [0, 1, 2, 3, 4, 5, 6, 7].map((i) => [i & 1 ? max.x : min.x, i & 2 ? max.y : min.y, i & 4 ? max.z : min.z]);
    },
  };
}

/**
 * @param {Object3D} root
 * @returns {PlainRow[]}
 */
function rowsOf(root) {
  /** @type {PlainRow[]} */
  const rows = [];
  /** @type {{node: Object3D, depth: number}[]} */
  const open = [...root.children].reverse().map((node) => ({ node, depth: 0 }));
  while (open.length > 0 && rows.length < MOST_ROWS) {
    const { node, depth } = /** @type {{node: Object3D, depth: number}} */ (open.pop());
    const any = /** @type {any} */ (node);
    const kind = any.isMesh || any.isLine || any.isPoints ? "mesh" : any.isCamera ? "camera" : any.isLight ? "light" : "group";
    rows.push({ node, name: String(node.userData.name ?? node.name), depth, kind });
    for (const child of [...node.children].reverse()) open.push({ node: child, depth: depth + 1 });
  }
  return rows;
}

/**
 * @param {import("three/examples/jsm/loaders/GLTFLoader.js").GLTF} gltf
 * @returns {[string, number][]}
 */
function statsOf(gltf) {
  const json = /** @type {any} */ (gltf.parser).json;
  let [triangles, vertices, meshes] = [0, 0, 0];
  gltf.scene.traverse((node) => {
    const mesh = /** @type {import("three").Mesh} */ (node);
    if (!mesh.isMesh) return;
    const positions = mesh.geometry.getAttribute("position")?.count ?? 0;
    meshes++;
    vertices += positions;
    triangles += Math.floor((mesh.geometry.getIndex()?.count ?? positions) / 3);
  });
  const length = (/** @type {string} */ key) => (Array.isArray(json[key]) ? json[key].length : 0);
  return [["Nodes", length("nodes")], ["Drawn meshes", meshes], ["Triangles", triangles], ["Vertices", vertices], ["Materials", length("materials")], ["Textures", length("textures")], ["Clips", gltf.animations.length]];
}

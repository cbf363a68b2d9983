/** Any other glTF: its own clips, its own look. */

import { AnimationMixer, Box3, Vector3 } from "three";

/**
 * @param {import("three/examples/jsm/loaders/GLTFLoader.js").GLTF} gltf
 */
export function createPlain(gltf) {
  const mixer = new AnimationMixer(gltf.scene);
  const clip = gltf.animations[0] ?? null;
  if (clip) mixer.clipAction(clip).play();
  /** @type {import("three").Object3D[]} */
  const nodes = [];
  gltf.scene.traverse((node) => nodes.push(node));

  return {
    duration: clip?.duration ?? 0,
    names: gltf.animations.map((animation) => animation.name),
    /** @param {number} seconds */
    show(seconds) {
      for (const node of nodes) node.visible = true;
      if (clip) mixer.setTime(Math.min(seconds, clip.duration - 1e-6));
      for (const node of nodes) node.visible = node.scale.x !== 0 || node.scale.y !== 0 || node.scale.z !== 0;
    },
    /** @returns {[number, number, number][]} corners of everything that is shown at rest */
    corners() {
      const box = new Box3();
      gltf.scene.updateMatrixWorld(true);
      gltf.scene.traverseVisible((node) => {
        const mesh = /** @type {import("three").Mesh} */ (node);
        if (!mesh.isMesh) return;
        mesh.geometry.computeBoundingBox();
        box.union(/** @type {Box3} */ (mesh.geometry.boundingBox).clone().applyMatrix4(mesh.matrixWorld));
      });
      if (box.isEmpty()) box.set(new Vector3(-1, -1, -1), new Vector3(1, 1, 1));
      const { min, max } = box;
      return [0, 1, 2, 3, 4, 5, 6, 7].map((i) => [i & 1 ? max.x : min.x, i & 2 ? max.y : min.y, i & 4 ? max.z : min.z]);
    },
  };
}

// Cameras for pictures of a scene: its own, and ones that fit its box.
import * as THREE from 'three';

const DIRECTIONS = {
  front: [0, 0.12, 1], left: [-1, 0.12, 0.02], right: [1, 0.12, 0.02], top: [0, 1, 0.001],
};

/** World box of the meshes that are shown. */
export function shownBox(root) {
  const box = new THREE.Box3();
  root.updateMatrixWorld(true);
  root.traverseVisible((node) => {
    if (node.isMesh) box.expandByObject(node);
  });
  return box;
}

/** The file's camera, opened wide enough for the picture's shape, turned about the scene's middle by `turn` degrees. */
function heroCamera(gltf, aspect, turn) {
  const own = gltf.cameras[0];
  if (!own) throw new Error('the file has no camera');
  own.updateWorldMatrix(true, false);
  const camera = new THREE.PerspectiveCamera(own.fov, aspect, own.near, own.far);
  own.matrixWorld.decompose(camera.position, camera.quaternion, new THREE.Vector3());
  if (aspect < own.aspect) {
    const half = Math.tan(THREE.MathUtils.degToRad(own.fov / 2)) * own.aspect / aspect;
    camera.fov = THREE.MathUtils.radToDeg(2 * Math.atan(half));
  }
  if (turn !== 0) {
    const middle = shownBox(gltf.scene).getCenter(new THREE.Vector3());
    const rotation = new THREE.Quaternion().setFromAxisAngle(new THREE.Vector3(0, 1, 0), THREE.MathUtils.degToRad(turn));
    camera.position.sub(middle).applyQuaternion(rotation).add(middle);
    camera.quaternion.premultiply(rotation);
  }
  return camera;
}

/** A camera that looks along a direction and just holds the box. */
function fittedCamera(root, direction, aspect) {
  const box = shownBox(root);
  const middle = box.getCenter(new THREE.Vector3());
  const camera = new THREE.PerspectiveCamera(28, aspect, 0.01, 1000);
  camera.position.copy(middle).add(new THREE.Vector3(...direction));
  camera.lookAt(middle);
  camera.updateMatrixWorld();
  const up = Math.tan(THREE.MathUtils.degToRad(camera.fov / 2));
  let distance = 0;
  for (let corner = 0; corner < 8; corner += 1) {
    const point = new THREE.Vector3(
      corner & 1 ? box.max.x : box.min.x, corner & 2 ? box.max.y : box.min.y, corner & 4 ? box.max.z : box.min.z,
    ).sub(middle).applyQuaternion(camera.quaternion.clone().invert());
    distance = Math.max(distance, Math.abs(point.x) / up / aspect + point.z, Math.abs(point.y) / up + point.z);
  }
  camera.position.copy(middle).addScaledVector(new THREE.Vector3(...direction).normalize(), distance * 1.05);
  return camera;
}

/**
 * @param {any} gltf what GLTFLoader gave
 * @param {{view: string, turn: number, aspect: number}} wish view: hero, back (hero seen from behind), front, left, right, top
 */
export function frameCamera(gltf, { view, turn, aspect }) {
  const camera = view === 'hero' || view === 'back'
    ? heroCamera(gltf, aspect, turn + (view === 'back' ? 180 : 0))
    : fittedCamera(gltf.scene, DIRECTIONS[view], aspect);
  camera.updateProjectionMatrix();
  camera.updateMatrixWorld(true);
  return camera;
}

// What Babylon.js shows at this moment, as numbers, in the file's own right-handed coordinates.
import { Matrix, Vector3 } from '@babylonjs/core/Maths/math.vector';

import { WATCHED, describe, hasSize, toBase64 } from './shared.js';

export const DATA_LAYER = 0x10000000;

/** Puts the meshes of watched nodes on a layer of their own: frames and ribbons touch the tiles' edges. */
export function markData(scene) {
  for (const mesh of scene.meshes) {
    const role = (mesh.metadata ?? mesh.parent?.metadata)?.gltf?.extras?.role ?? mesh.parent?.metadata?.gltf?.extras?.role;
    mesh.layerMask = WATCHED[role] ? DATA_LAYER : 0x0fffffff;
  }
}

/** The node that the loader puts above the file's roots to turn them into Babylon's left-handed world. */
export function rootOf(scene) {
  const root = scene.getNodeByName('__root__');
  root.computeWorldMatrix(true);
  return root;
}

/** Watched nodes that are visible, each with its parts: material, positions, texture coordinates from the top left; `keysOnly` leaves the parts out. */
export function readShown(scene, { keysOnly = false } = {}) {
  const back = Matrix.Invert(rootOf(scene).getWorldMatrix());
  const shown = [];
  for (const node of [...scene.transformNodes, ...scene.meshes]) {
    const extras = node.metadata?.gltf?.extras;
    if (!(extras?.role in WATCHED)) continue;
    node.computeWorldMatrix(true);
    if (!hasSize(node.getWorldMatrix().m) || !node.isEnabled()) continue;
    const entry = describe(extras, node.name);
    const meshes = node.getTotalVertices?.() ? [node] : node.getChildMeshes(true);
    if (WATCHED[extras.role] && !keysOnly) entry.parts = meshes.map((mesh) => readPart(mesh, back));
    shown.push(entry);
  }
  return shown;
}

function readPart(mesh, back) {
  const matrix = mesh.computeWorldMatrix(true).multiply(back);
  const local = mesh.getPositionData(false, true);
  const positions = [];
  for (let start = 0; start < local.length; start += 3) {
    const point = Vector3.TransformCoordinates(Vector3.FromArray(local, start), matrix);
    positions.push(point.x, point.y, point.z);
  }
  return { material: mesh.material?.name ?? null, positions, uvs: Array.from(mesh.getVerticesData('uv') ?? []) };
}

/** Pixels of the base colour textures of the wanted materials, by the material's name. */
export async function readTextures(scene, { wanted }) {
  const textures = {};
  for (const material of scene.materials) {
    const map = material.albedoTexture;
    if (!map || !wanted.includes(material.name)) continue;
    const { width, height } = map.getSize();
    // A glTF texture is not flipped: the first row of its pixels is the image's top one.
    textures[material.name] = { width, height, rgba: toBase64(new Uint8Array((await map.readPixels()).buffer)) };
  }
  return textures;
}

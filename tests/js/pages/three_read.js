// What three.js shows at this moment, as numbers: evaluated vertices, texture coordinates, textures, rendered pixels.
import * as THREE from 'three';

import { WATCHED, describe, flipRows, hasSize, readBitmap, toBase64 } from './shared.js';

const DATA_LAYER = 1;

/** Watched nodes that are visible, each with its parts: material, world positions, texture coordinates from the top left; `keysOnly` leaves the parts out. */
export function readShown(root, { keysOnly = false } = {}) {
  const shown = [];
  root.updateMatrixWorld(true);
  root.traverse((node) => {
    const { role } = node.userData;
    if (!(role in WATCHED) || !hasSize(node.matrixWorld.elements)) return;
    const entry = describe(node.userData, node.name);
    if (WATCHED[role] && !keysOnly) entry.parts = (node.isMesh ? [node] : node.children.filter((child) => child.isMesh)).map(readPart);
    shown.push(entry);
  });
  return shown;
}

function readPart(mesh) {
  const { geometry, material } = mesh;
  const point = new THREE.Vector3();
  const positions = [];
  for (let index = 0; index < geometry.attributes.position.count; index += 1) {
    mesh.getVertexPosition(index, point).applyMatrix4(mesh.matrixWorld);
    positions.push(point.x, point.y, point.z);
  }
  const uvs = geometry.attributes.uv ? Array.from(geometry.attributes.uv.array) : [];
  return { material: material.name, positions, uvs };
}

/** Pixels of the base colour textures of the wanted materials, by the material's name. */
export function readTextures(root, { wanted }) {
  const textures = {};
  root.traverse(({ material }) => {
    if (material?.map && wanted.includes(material.name) && !(material.name in textures)) textures[material.name] = readBitmap(material.map.image);
  });
  return textures;
}

/** Puts the meshes of watched nodes on a layer of their own: frames and ribbons touch the tiles' edges. */
function markData(root) {
  root.traverse((node) => {
    if (node.isMesh && WATCHED[node.userData.role ?? node.parent.userData.role]) node.layers.enable(DATA_LAYER);
  });
}

/** Orthographic pictures of thin slabs of the scene; see View in tests/consumers/observe.py. */
export function readPixels(renderer, scene, { views, background }) {
  renderer.setPixelRatio(1);
  renderer.setClearColor(new THREE.Color(background), 1);
  const gl = renderer.getContext();
  markData(scene);
  return views.map(({ center, right, up, width, height, depth, pixels: [columns, rows] }) => {
    const camera = new THREE.OrthographicCamera(-width / 2, width / 2, height / 2, -height / 2, 1 - depth, 1 + depth);
    const [x, y] = [new THREE.Vector3(...right), new THREE.Vector3(...up)];
    const facing = x.clone().cross(y);
    camera.matrixAutoUpdate = false;
    camera.layers.set(DATA_LAYER);
    camera.matrix.makeBasis(x, y, facing).setPosition(new THREE.Vector3(...center).add(facing));
    camera.updateMatrixWorld(true);
    renderer.setSize(columns, rows);
    renderer.render(scene, camera);
    const data = new Uint8Array(columns * rows * 4);
    gl.readPixels(0, 0, columns, rows, gl.RGBA, gl.UNSIGNED_BYTE, data);
    return toBase64(flipRows(data, columns, rows));
  });
}

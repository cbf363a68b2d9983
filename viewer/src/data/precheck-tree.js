/** Indices between the parts of a document, and the shape of the node tree. */

import { damaged } from "./failure.js";

const MAX_DEPTH = 400;

/**
 * @param {any} json whose lists are lists of objects
 * @throws {import("./failure.js").FileFailure}
 */
export function checkTree(json) {
  const nodes = json.nodes ?? [];
  const parents = new Int32Array(nodes.length).fill(-1);
  nodes.forEach((/** @type {any} */ node, /** @type {number} */ index) => {
    for (const key of ["mesh", "camera", "skin"]) inRange(json, node[key], `nodes[${index}].${key}`, { mesh: "meshes", camera: "cameras", skin: "skins" }[key] ?? "");
    checkNumbers(node, index);
    for (const child of indices(node.children, `nodes[${index}].children`, nodes.length)) {
      if (parents[child] >= 0) throw damaged(`nodes[${child}] has two parents`);
      parents[child] = index;
    }
  });
  checkDepth(parents);
  checkScenes(json, parents);
  checkMeshes(json);
  checkAnimations(json);
  checkTextures(json);
}

/**
 * Walks up from every node: a walk longer than the limit is a cycle, or too deep for a recursion.
 * @param {Int32Array} parents
 */
function checkDepth(parents) {
  const depths = new Int32Array(parents.length);
  for (let start = 0; start < parents.length; start++) {
    const path = [];
    for (let at = start; at >= 0 && depths[at] === 0; at = parents[at]) {
      path.push(at);
      if (path.length > MAX_DEPTH) throw damaged("its nodes form a circle, or a tree too deep to draw");
    }
    for (const at of path.reverse()) {
      depths[at] = 1 + (parents[at] >= 0 ? depths[parents[at]] : 0);
      if (depths[at] > MAX_DEPTH) throw damaged(`its tree is more than ${MAX_DEPTH} nodes deep`);
    }
  }
}

/**
 * @param {any} json
 * @param {Int32Array} parents
 */
function checkScenes(json, parents) {
  if (!json.scenes?.length) throw damaged("it has no scene");
  inRange(json, json.scene, "scene", "scenes");
  json.scenes.forEach((/** @type {any} */ scene, /** @type {number} */ index) => {
    for (const root of indices(scene.nodes, `scenes[${index}].nodes`, parents.length)) {
      if (parents[root] >= 0) throw damaged(`scenes[${index}] names nodes[${root}], which is not a root`);
    }
  });
}

/** @param {any} json */
function checkMeshes(json) {
  (json.meshes ?? []).forEach((/** @type {any} */ mesh, /** @type {number} */ index) => {
    if (!Array.isArray(mesh.primitives) || mesh.primitives.length === 0) throw damaged(`meshes[${index}] has no primitives`);
    for (const primitive of mesh.primitives) checkPrimitive(json, primitive, `meshes[${index}]`);
  });
}

/**
 * @param {any} json
 * @param {any} primitive
 * @param {string} where
 */
function checkPrimitive(json, primitive, where) {
  const position = json.accessors?.[primitive?.attributes?.POSITION];
  if (position?.type !== "VEC3") throw damaged(`${where} has no positions`);
  for (const [name, index] of Object.entries(primitive.attributes)) {
    inRange(json, index, `${where} ${name}`, "accessors");
    if (json.accessors[/** @type {number} */ (index)].count !== position.count) throw damaged(`${where} ${name} has another length than its positions`);
  }
  inRange(json, primitive.indices, `${where} indices`, "accessors");
  if (primitive.indices !== undefined && json.accessors[primitive.indices].type !== "SCALAR") throw damaged(`${where} indices are not scalars`);
  inRange(json, primitive.material, `${where} material`, "materials");
  for (const target of primitive.targets ?? []) {
    for (const index of Object.values(target ?? {})) {
      inRange(json, index, `${where} target`, "accessors");
      if (json.accessors[/** @type {number} */ (index)]?.count !== position.count) throw damaged(`${where} has a target of another length`);
    }
  }
}

/** @param {any} json */
function checkAnimations(json) {
  (json.animations ?? []).forEach((/** @type {any} */ animation, /** @type {number} */ index) => {
    const where = `animations[${index}]`;
    if (!Array.isArray(animation.samplers) || !Array.isArray(animation.channels)) throw damaged(`${where} has no samplers or channels`);
    for (const sampler of animation.samplers) {
      for (const key of ["input", "output"]) required(json, sampler?.[key], `${where} ${key}`, "accessors");
    }
    for (const channel of animation.channels) {
      if (!animation.samplers[channel?.sampler]) throw damaged(`${where} names a sampler that is not there`);
      if (channel.target?.node !== undefined) required(json, channel.target.node, `${where} target`, "nodes");
    }
  });
}

/** @param {any} json */
function checkTextures(json) {
  (json.textures ?? []).forEach((/** @type {any} */ texture, /** @type {number} */ index) => {
    inRange(json, texture.source, `textures[${index}].source`, "images");
    inRange(json, texture.sampler, `textures[${index}].sampler`, "samplers");
  });
  (json.materials ?? []).forEach((/** @type {any} */ material, /** @type {number} */ index) => {
    const surface = material.pbrMetallicRoughness ?? {};
    for (const info of [surface.baseColorTexture, surface.metallicRoughnessTexture, material.normalTexture, material.occlusionTexture, material.emissiveTexture]) {
      if (info !== undefined) required(json, info?.index, `materials[${index}] texture`, "textures");
    }
  });
}

/**
 * @param {any} node
 * @param {number} index
 */
function checkNumbers(node, index) {
  for (const [key, length] of /** @type {[string, number][]} */ ([["translation", 3], ["rotation", 4], ["scale", 3], ["matrix", 16]])) {
    const value = node[key];
    if (value === undefined) continue;
    if (!Array.isArray(value) || value.length !== length || !value.every(Number.isFinite)) throw damaged(`nodes[${index}].${key} is not ${length} numbers`);
  }
}

/**
 * @param {any} json
 * @param {unknown} index
 * @param {string} where
 * @param {string} key
 */
function inRange(json, index, where, key) {
  if (index !== undefined) required(json, index, where, key);
}

/**
 * @param {any} json
 * @param {unknown} index
 * @param {string} where
 * @param {string} key
 */
function required(json, index, where, key) {
  const length = json[key]?.length ?? 0;
  if (typeof index !== "number" || !Number.isInteger(index) || index < 0 || index >= length) throw damaged(`${where} names one of the ${key} that is not there`);
}

/**
 * @param {unknown} list
 * @param {string} where
 * @param {number} length
 * @returns {number[]}
 */
function indices(list, where, length) {
  if (list === undefined) return [];
  if (!Array.isArray(list)) throw damaged(`${where} is not a list`);
  for (const index of list) {
    if (!Number.isInteger(index) || index < 0 || index >= length) throw damaged(`${where} names a node that is not there`);
  }
  return list;
}

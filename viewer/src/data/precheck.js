/**
 * What must hold before the loader of three.js sees a file: it follows every index, allocates what
 * accessors ask for, recurses over nodes and fetches every address it finds.
 */

import { damaged, FileFailure } from "./failure.js";
import { count } from "./format.js";
import { checkTree } from "./precheck-tree.js";

const SIZES = /** @type {Record<number, number>} */ ({ 5120: 1, 5121: 1, 5122: 2, 5123: 2, 5125: 4, 5126: 4 });
const WIDTHS = /** @type {Record<string, number>} */ ({ SCALAR: 1, VEC2: 2, VEC3: 3, VEC4: 4, MAT2: 4, MAT3: 9, MAT4: 16 });
const MAX_ACCESSOR_BYTES = 2 ** 30;
const MAX_ITEMS = 1_000_000;
const MAX_IMAGE_PIXELS = 8192 * 8192;
const MAX_PIXELS = 2 ** 28;

/** Extensions that the loader understands without fetching a decoder. */
const KNOWN = new Set([
  "KHR_materials_unlit", "KHR_mesh_quantization", "KHR_texture_transform", "KHR_lights_punctual", "KHR_materials_clearcoat",
  "KHR_materials_dispersion", "KHR_materials_emissive_strength", "KHR_materials_ior", "KHR_materials_iridescence",
  "KHR_materials_sheen", "KHR_materials_specular", "KHR_materials_transmission", "KHR_materials_volume",
  "KHR_materials_anisotropy", "EXT_mesh_gpu_instancing", "EXT_texture_webp", "EXT_texture_avif",
]);

/**
 * @param {import("./glb.js").Container} container
 * @throws {FileFailure} naming the first thing that is wrong
 */
export function checkFile(container) {
  const { json } = container;
  const version = String(json.asset?.version ?? "");
  if (!version.startsWith("2")) {
    throw new FileFailure("E_VERSION", "This is another version of glTF", "The file does not say that it is glTF 2.0.");
  }
  for (const key of ["scenes", "nodes", "meshes", "accessors", "bufferViews", "buffers", "images", "textures", "materials", "animations", "samplers", "skins", "cameras"]) {
    checkList(json[key], key);
  }
  for (const name of list(json.extensionsRequired)) {
    if (!KNOWN.has(name)) throw new FileFailure("E_EXTENSION", "This file needs an extension", `It cannot be read without ${JSON.stringify(name)}, which this page does not have.`);
  }
  checkAddresses(json);
  checkBytes(container);
  checkImages(container);
  checkTree(json);
}

/** @param {any} value */
function list(value) {
  return Array.isArray(value) ? value : [];
}

/**
 * @param {unknown} items
 * @param {string} key
 */
function checkList(items, key) {
  if (items === undefined) return;
  if (!Array.isArray(items)) throw damaged(`"${key}" is not a list`);
  if (items.length > MAX_ITEMS) throw damaged(`it has ${count(items.length)} ${key}, the limit is ${count(MAX_ITEMS)}`);
  const odd = items.findIndex((item) => typeof item !== "object" || item === null || Array.isArray(item));
  if (odd >= 0) throw damaged(`${key}[${odd}] is not an object`);
}

/** @param {any} json */
function checkAddresses(json) {
  for (const [key, items] of [["buffers", json.buffers], ["images", json.images]]) {
    list(items).forEach((item, index) => {
      if (item.uri === undefined) return;
      if (typeof item.uri !== "string" || !item.uri.startsWith("data:")) {
        throw new FileFailure(
          "E_EXTERNAL", "This file needs other files",
          `Its ${key}[${index}] lies in another file, which this page does not fetch. Write it as one .glb.`,
        );
      }
    });
  }
}

/** @param {import("./glb.js").Container} container */
function checkBytes({ json, binary }) {
  const buffers = list(json.buffers).map((buffer, index) => {
    const size = index_(buffer.byteLength, `buffers[${index}].byteLength`);
    if (buffer.uri === undefined) {
      if (index !== 0 || !binary) throw damaged(`buffers[${index}] has no data`);
      if (size > binary.length) throw damaged(`buffers[0] announces ${count(size)} bytes, the file holds ${count(binary.length)}`);
    }
    return size;
  });
  const views = list(json.bufferViews).map((view, index) => {
    const start = index_(view.byteOffset ?? 0, `bufferViews[${index}].byteOffset`);
    const length = index_(view.byteLength, `bufferViews[${index}].byteLength`);
    if (!(start + length <= buffers[view.buffer])) throw damaged(`bufferViews[${index}] reaches outside its buffer`);
    return { length, stride: view.byteStride ?? 0 };
  });
  let total = 0;
  list(json.accessors).forEach((accessor, index) => {
    total += accessorBytes(accessor, index, views);
    if (total > MAX_ACCESSOR_BYTES) throw damaged(`its accessors add up to more than ${count(MAX_ACCESSOR_BYTES)} bytes`);
  });
}

/**
 * @param {any} accessor
 * @param {number} index
 * @param {{length: number, stride: number}[]} views
 */
function accessorBytes(accessor, index, views) {
  const item = SIZES[accessor.componentType] * WIDTHS[accessor.type];
  if (!(item > 0)) throw damaged(`accessors[${index}] has an unknown type`);
  const length = index_(accessor.count, `accessors[${index}].count`);
  const start = index_(accessor.byteOffset ?? 0, `accessors[${index}].byteOffset`);
  if (length === 0) throw damaged(`accessors[${index}] is empty`);
  if (accessor.bufferView !== undefined) {
    const view = views[accessor.bufferView];
    if (!view) throw damaged(`accessors[${index}] names a bufferView that is not there`);
    const stride = index_(view.stride, "byteStride") || item;
    if (start + (length - 1) * stride + item > view.length) throw damaged(`accessors[${index}] reaches outside its bufferView`);
    if (start % SIZES[accessor.componentType] !== 0) throw damaged(`accessors[${index}] is not aligned`);
  }
  if (accessor.sparse !== undefined) checkSparse(accessor.sparse, index, length, views);
  return length * item;
}

/**
 * @param {any} sparse
 * @param {number} index
 * @param {number} length
 * @param {{length: number, stride: number}[]} views
 */
function checkSparse(sparse, index, length, views) {
  const changes = index_(sparse?.count, `accessors[${index}].sparse.count`);
  const known = [sparse?.indices?.bufferView, sparse?.values?.bufferView].every((view) => views[view]);
  if (changes > length || !known) throw damaged(`accessors[${index}].sparse does not fit`);
}

/**
 * @param {unknown} value
 * @param {string} where
 * @returns {number}
 */
function index_(value, where) {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) throw damaged(`${where} is not a whole number`);
  return value;
}

/**
 * Pictures that would take gigabytes once unpacked; the sizes stand in the first bytes of a PNG.
 * @param {import("./glb.js").Container} container
 */
function checkImages({ json, binary }) {
  let total = 0;
  list(json.images).forEach((image, index) => {
    if (image.bufferView === undefined) return;
    const view = json.bufferViews?.[image.bufferView];
    if (!view) throw damaged(`images[${index}] names a bufferView that is not there`);
    if (!binary || view.buffer !== 0 || view.byteLength < 24) return;
    const start = binary.byteOffset + (view.byteOffset ?? 0);
    const bytes = new DataView(binary.buffer, start, 24);
    if (bytes.getUint32(0) !== 0x89504e47) return;
    const pixels = bytes.getUint32(16) * bytes.getUint32(20);
    total += pixels;
    if (pixels > MAX_IMAGE_PIXELS || total > MAX_PIXELS) {
      throw new FileFailure("E_IMAGE_SIZE", "The pictures in this file are too large", `images[${index}] unpacks to ${count(pixels)} pixels; all together may have ${count(MAX_PIXELS)}.`);
    }
  });
}

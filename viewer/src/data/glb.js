/** The container: a .glb (or a .gltf with embedded data) taken apart without trusting any length in it. */

import { FileFailure } from "./failure.js";
import { count } from "./format.js";

const MAGIC = 0x46546c67;
const JSON_CHUNK = 0x4e4f534a;
const BIN_CHUNK = 0x004e4942;
const MAX_JSON_BYTES = 64 * 1024 * 1024;
const MAX_DEPTH = 64;

/**
 * @typedef {object} Container
 * @property {any} json the parsed document
 * @property {Uint8Array|null} binary the binary chunk of a .glb
 * @property {boolean} isGlb
 */

/**
 * @param {ArrayBuffer} buffer
 * @returns {Container}
 * @throws {FileFailure} when it is not a whole glTF 2.0 file
 */
export function readContainer(buffer) {
  if (buffer.byteLength >= 4 && new DataView(buffer).getUint32(0, true) === MAGIC) return readGlb(buffer);
  return { json: readJson(new Uint8Array(buffer)), binary: null, isGlb: false };
}

/**
 * @param {ArrayBuffer} buffer
 * @returns {Container}
 */
function readGlb(buffer) {
  const view = new DataView(buffer);
  if (buffer.byteLength < 20) throw cutShort(20, buffer.byteLength);
  const version = view.getUint32(4, true);
  if (version !== 2) {
    throw new FileFailure("E_VERSION", "This is another version of glTF", `The file says glTF ${version}; this page reads glTF 2.`);
  }
  const length = view.getUint32(8, true);
  if (length > buffer.byteLength) throw cutShort(length, buffer.byteLength);
  const jsonLength = view.getUint32(12, true);
  if (view.getUint32(16, true) !== JSON_CHUNK) {
    throw new FileFailure("E_CHUNK", "This file is damaged", "Its first part is not the scene description.");
  }
  if (20 + jsonLength > length) throw cutShort(20 + jsonLength, length);
  const json = readJson(new Uint8Array(buffer, 20, jsonLength));
  return { json, binary: binaryChunk(buffer, 20 + jsonLength, length), isGlb: true };
}

/**
 * @param {ArrayBuffer} buffer
 * @param {number} start
 * @param {number} length
 */
function binaryChunk(buffer, start, length) {
  if (start + 8 > length) return null;
  const view = new DataView(buffer);
  const size = view.getUint32(start, true);
  if (view.getUint32(start + 4, true) !== BIN_CHUNK) return null;
  if (start + 8 + size > length) throw cutShort(start + 8 + size, length);
  return new Uint8Array(buffer, start + 8, size);
}

/**
 * @param {number} announced
 * @param {number} present
 */
function cutShort(announced, present) {
  return new FileFailure(
    "E_TRUNCATED",
    "This file was cut short",
    `It announces ${count(announced)} bytes, but ends after ${count(present)}. It was probably interrupted while downloading or copying.`,
    [["Announced", `${count(announced)} bytes`], ["Present", `${count(present)} bytes`]],
  );
}

/** @param {Uint8Array} bytes */
function readJson(bytes) {
  if (bytes.length > MAX_JSON_BYTES) {
    throw new FileFailure("E_JSON_SIZE", "The scene description is too large", `It takes ${count(bytes.length)} bytes; the limit is ${count(MAX_JSON_BYTES)}.`);
  }
  if (nesting(bytes) > MAX_DEPTH) {
    throw new FileFailure("E_JSON_DEPTH", "This file is damaged", `Its scene description is nested more than ${MAX_DEPTH} levels deep.`);
  }
  /** @type {unknown} */
  let json;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new FileFailure("E_FORMAT", "This is not a glTF scene", "The page opens .glb and .gltf files; this one is neither.");
  }
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw new FileFailure("E_FORMAT", "This is not a glTF scene", "The page opens .glb and .gltf files; this one is neither.");
  }
  return json;
}

/**
 * Deepest nesting of brackets outside strings, found without recursion.
 * @param {Uint8Array} bytes
 */
export function nesting(bytes) {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (inString) {
      if (byte === 0x5c) i++;
      else if (byte === 0x22) inString = false;
    } else if (byte === 0x22) inString = true;
    else if (byte === 0x7b || byte === 0x5b) deepest = Math.max(deepest, ++depth);
    else if (byte === 0x7d || byte === 0x5d) depth--;
  }
  return deepest;
}

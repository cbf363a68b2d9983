/** Damages .glb files with knowledge of their structure: most mutants get past the first look of any reader. */

import { pack, unpack } from "./glb-writer.js";

/** Numbers from 0 to 1, the same for the same seed (mulberry32). @param {number} seed */
export function randomness(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const VALUES = [
  null, true, false, 0, 1, -1, 2, 3, 0.5, -0.5, 255, 256, 65535, 65536, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53, 1e9, 1e30, 1e300, -1e300, 5120, 5121, 5123, 5125, 5126, 10497, 33071,
  "", "x", "0", "SCALAR", "VEC2", "VEC3", "VEC4", "MAT4", "LINEAR", "STEP", "CUBICSPLINE", "translation", "weights", "__proto__", "constructor", "toString", "https://attacker.invalid/x.bin",
  "data:application/octet-stream;base64,AAAA", "data:image/png;base64,////", "javascript:alert(1)", "image/webp", "<img src=x: onerror=alert(1)>", "\ud800", "KHR_draco_mesh_compression", "EXT_meshopt_compression", "KHR_texture_basisu",
  [], {}, [0], [[]], [null], [1e300, 1e300, 1e300], { index: 0 }, { toString: 1 }, { length: 1e9 }, Array(300).fill(0),
];
const KEYS = [
  "extras", "extensions", "name", "uri", "byteOffset", "byteStride", "sparse", "normalized", "min", "max", "skin", "camera", "weights", "matrix", "rotation", "scale", "translation", "children", "mesh", "mode", "targets",
  "material", "indices", "sampler", "__proto__", "constructor", "extensionsRequired", "extensionsUsed", "target", "path", "index", "texCoord", "mimeType", "bufferView",
];

/** @param {() => number} random @param {any[]} list */
const pick = (random, list) => list[Math.floor(random() * list.length)];

/** A place in the document: deep ones as likely as shallow ones. @returns {{holder: any, key: string|number}} */
function place(json, random) {
  let [holder, key] = [json, pick(random, Object.keys(json))];
  for (let depth = 0; depth < 12; depth++) {
    const inside = holder[key];
    const keys = typeof inside === "object" && inside !== null ? Object.keys(inside) : [];
    if (keys.length === 0 || random() < 0.12) break;
    [holder, key] = [inside, pick(random, keys)];
  }
  return { holder, key };
}

/** @type {Record<string, (json: any, random: () => number) => void>} */
const CHANGES = {
  replace: (json, random) => {
    const { holder, key } = place(json, random);
    holder[key] = structuredClone(pick(random, VALUES));
  },
  remove: (json, random) => {
    const { holder, key } = place(json, random);
    if (Array.isArray(holder)) holder.splice(Number(key), 1);
    else delete holder[key];
  },
  nudge: (json, random) => {
    for (let i = 0; i < 40; i++) {
      const { holder, key } = place(json, random);
      if (typeof holder[key] !== "number") continue;
      holder[key] = pick(random, [holder[key] + 1, holder[key] - 1, -holder[key], holder[key] * 2, holder[key] * 1e6, holder[key] + 0.5]);
      return;
    }
  },
  swap: (json, random) => {
    const [a, b] = [place(json, random), place(json, random)];
    const kept = structuredClone(a.holder[a.key]);
    a.holder[a.key] = structuredClone(b.holder[b.key]);
    b.holder[b.key] = kept;
  },
  repeat: (json, random) => {
    const { holder, key } = place(json, random);
    if (Array.isArray(holder)) holder.push(structuredClone(holder[Number(key)]));
    else holder[key] = [holder[key], structuredClone(holder[key])];
  },
  add: (json, random) => {
    const { holder, key } = place(json, random);
    const target = typeof holder[key] === "object" && holder[key] !== null ? holder[key] : holder;
    if (!Array.isArray(target)) Object.defineProperty(target, pick(random, KEYS), { value: structuredClone(pick(random, VALUES)), enumerable: true, configurable: true, writable: true });
  },
  circle: (json, random) => {
    const node = pick(random, json.nodes ?? [{}]);
    if (typeof node === "object" && node) node.children = [Math.floor(random() * (json.nodes?.length ?? 1))];
  },
  rename: (json, random) => {
    const { holder, key } = place(json, random);
    if (Array.isArray(holder)) return;
    holder[`${key}x`] = holder[key];
    delete holder[key];
  },
  enlarge: (json, random) => {
    const list = pick(random, Object.values(json).filter((each) => Array.isArray(each) && each.length > 0));
    if (list) for (let i = 0; i < 2000; i++) list.push(structuredClone(list[0]));
  },
  record: (json, random) => {
    const record = json.scenes?.[0]?.extras?.nn2gltf;
    if (record) CHANGES[pick(random, ["replace", "remove", "nudge", "swap", "repeat"])](record, random);
  },
};

/** Damage to the bytes, after the document was put together. @type {Record<string, (glb: Buffer, random: () => number) => Buffer>} */
const BYTES = {
  cut: (glb, random) => glb.subarray(0, Math.floor(random() * glb.length)),
  "length in the head": (glb, random) => (glb.writeUInt32LE(Math.floor(random() * 2 ** 32), pick(random, [8, 12])), glb),
  "head of a chunk": (glb, random) => (glb.writeUInt32LE(pick(random, [0, 1, 2 ** 31, 2 ** 32 - 1, 0x4e4f534a]), 20 + glb.readUInt32LE(12) + pick(random, [0, 4])), glb),
  "one byte": (glb, random) => ((glb[Math.floor(random() * glb.length)] = Math.floor(random() * 256)), glb),
  "many bytes of the data": (glb, random) => {
    const start = 28 + glb.readUInt32LE(12);
    for (let i = 0; i < 60; i++) glb[start + Math.floor(random() * (glb.length - start))] = Math.floor(random() * 256);
    return glb;
  },
  "numbers that are none": (glb, random) => {
    const start = 28 + glb.readUInt32LE(12);
    for (let i = 0; i < 12; i++) glb.writeUInt32LE(pick(random, [0x7fc00000, 0x7f800000, 0xff800000, 0x7f7fffff]), start + 4 * Math.floor((random() * (glb.length - start - 4)) / 4));
    return glb;
  },
};
export const WAYS = [...Object.keys(CHANGES), ...Object.keys(BYTES)];

/**
 * @param {Buffer[]} bases whole files
 * @param {number} seed
 * @returns {{glb: Buffer, ways: string[]}}
 */
export function mutant(bases, seed) {
  const random = randomness(seed * 7919 + 1);
  const { json, binary } = unpack(bases[seed % bases.length]);
  const ways = [];
  const first = WAYS[Math.floor(seed / bases.length) % WAYS.length];
  for (const way of [first, ...Array.from({ length: random() < 0.3 ? 1 : 0 }, () => pick(random, Object.keys(CHANGES)))]) {
    ways.push(way);
    if (CHANGES[way]) CHANGES[way](json, random);
  }
  const glb = pack(json, binary);
  return { glb: BYTES[first] ? BYTES[first](glb, random) : glb, ways };
}

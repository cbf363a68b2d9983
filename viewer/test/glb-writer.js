/** Puts a glTF document and its binary chunk together, piece by piece. */

const COMPONENTS = new Map([[Float32Array, 5126], [Uint16Array, 5123], [Uint8Array, 5121]]);
const WIDTHS = { SCALAR: 1, VEC2: 2, VEC3: 3, VEC4: 4 };

export class GlbWriter {
  constructor() {
    this.json = { asset: { version: "2.0", generator: "viewer tests" }, scene: 0, scenes: [{ nodes: [] }], nodes: [], meshes: [], accessors: [], bufferViews: [], buffers: [{ byteLength: 0 }], materials: [], images: [], textures: [], samplers: [{ magFilter: 9728, minFilter: 9728 }], animations: [] };
    this.parts = [];
    this.length = 0;
  }

  /** @param {Uint8Array} bytes */
  view(bytes) {
    const padding = (4 - (bytes.length % 4)) % 4;
    this.json.bufferViews.push({ buffer: 0, byteOffset: this.length, byteLength: bytes.length });
    this.parts.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), Buffer.alloc(padding));
    this.length += bytes.length + padding;
    return this.json.bufferViews.length - 1;
  }

  /**
   * @param {number[]} values
   * @param {"SCALAR"|"VEC2"|"VEC3"|"VEC4"} type
   */
  accessor(values, type, Kind = Float32Array) {
    const array = Kind.from(values);
    const width = WIDTHS[type];
    const accessor = { bufferView: this.view(new Uint8Array(array.buffer)), componentType: COMPONENTS.get(Kind), count: values.length / width, type };
    if (Kind === Float32Array) {
      const column = (k) => [...array].filter((_, i) => i % width === k);
      accessor.min = Array.from({ length: width }, (_, k) => Math.min(...column(k)));
      accessor.max = Array.from({ length: width }, (_, k) => Math.max(...column(k)));
    }
    this.json.accessors.push(accessor);
    return this.json.accessors.length - 1;
  }

  /**
   * @param {string} name
   * @param {Uint8Array} bytes of a PNG
   */
  image(name, bytes) {
    this.json.images.push({ name, mimeType: "image/png", bufferView: this.view(bytes) });
    this.json.textures.push({ sampler: 0, source: this.json.images.length - 1 });
    return this.json.textures.length - 1;
  }

  material(material) {
    this.json.materials.push(material);
    return this.json.materials.length - 1;
  }

  /** @returns {number} index of the mesh */
  mesh(primitive) {
    this.json.meshes.push({ primitives: [primitive] });
    return this.json.meshes.length - 1;
  }

  /** @returns {number} index of the node */
  node(node, parent) {
    this.json.nodes.push(node);
    const index = this.json.nodes.length - 1;
    if (parent === undefined) this.json.scenes[0].nodes.push(index);
    else (this.json.nodes[parent].children ??= []).push(index);
    return index;
  }

  /** @returns {Buffer} */
  bytes() {
    this.json.buffers[0].byteLength = this.length;
    for (const key of Object.keys(this.json)) if (Array.isArray(this.json[key]) && this.json[key].length === 0) delete this.json[key];
    return pack(this.json, Buffer.concat(this.parts));
  }
}

/**
 * @param {object} json
 * @param {Buffer} binary
 */
export function pack(json, binary) {
  const text = Buffer.from(JSON.stringify(json));
  const jsonPart = Buffer.concat([text, Buffer.alloc((4 - (text.length % 4)) % 4, 0x20)]);
  const head = Buffer.alloc(20);
  head.writeUInt32LE(0x46546c67, 0);
  head.writeUInt32LE(2, 4);
  head.writeUInt32LE(28 + jsonPart.length + binary.length, 8);
  head.writeUInt32LE(jsonPart.length, 12);
  head.writeUInt32LE(0x4e4f534a, 16);
  const middle = Buffer.alloc(8);
  middle.writeUInt32LE(binary.length, 0);
  middle.writeUInt32LE(0x004e4942, 4);
  return Buffer.concat([head, jsonPart, middle, binary]);
}

/** @param {Buffer} glb @returns {{json: any, binary: Buffer}} */
export function unpack(glb) {
  const length = glb.readUInt32LE(12);
  return { json: JSON.parse(glb.subarray(20, 20 + length).toString()), binary: glb.subarray(28 + length) };
}

/** Decodes the pages: palette pictures back into codes and remainders, one page at a time, when asked. */

import { meanPage } from "./means.js";
import { damaged } from "./failure.js";
import { safe } from "./format.js";
import { codeReader } from "./palettes.js";

/**
 * @typedef {object} DecodedPage
 * @property {number} width
 * @property {number} height
 * @property {Uint8Array} codes one byte a pixel, rows from the top
 * @property {Uint8Array|null} remainders null when the file holds only 8 bits
 * @property {number} misses pixels whose colour is not in the palette
 */

/**
 * @param {import("../types.js").Network} network
 * @param {(name: string) => Blob|null} imageOf the bytes of a named glTF image
 */
export function createPages(network, imageOf) {
  /** @type {Map<number, Promise<DecodedPage>>} */
  const pending = new Map();
  /** @type {Map<number, DecodedPage>} */
  const ready = new Map();

  /** @param {number} index */
  async function decode(index) {
    const page = network.pages[index];
    if (page.members) {
      const mean = meanPage(await Promise.all(page.members.map(load)));
      ready.set(index, mean);
      return mean;
    }
    const palette = network.palettes.get(page.palette);
    if (!palette) throw damaged(`the palette ${safe(page.palette)} is missing`);
    const blob = imageOf(page.image);
    if (!blob) throw damaged(`the picture ${safe(page.image)} is missing`);
    const low = page.low === null ? null : imageOf(page.low);
    const pixels = await decodePixels(blob, page, page.image);
    const decoded = { width: page.width, height: page.height, ...toCodes(pixels, palette), remainders: low ? red(await decodePixels(low, page, page.low ?? "")) : null };
    ready.set(index, decoded);
    return decoded;
  }

  /**
   * @param {number} index
   * @returns {Promise<DecodedPage>}
   */
  function load(index) {
    let work = pending.get(index);
    if (!work) {
      work = decode(index);
      pending.set(index, work);
    }
    return work;
  }

  return {
    load,
    /**
     * @param {number|null|undefined} index
     * @returns {DecodedPage|null} null while it is not decoded
     */
    get(index) {
      return index == null ? null : (ready.get(index) ?? null);
    },
  };
}

/**
 * The stored bytes of a picture: no colour conversion, no multiplication by alpha.
 * @param {Blob} blob
 * @param {{width: number, height: number}} size
 * @param {string} name
 */
async function decodePixels(blob, { width, height }, name) {
  const bitmap = await createImageBitmap(blob, { colorSpaceConversion: "none", premultiplyAlpha: "none" }).catch(() => null);
  if (!bitmap) throw damaged(`the picture ${safe(name)} cannot be decoded`);
  if (bitmap.width !== width || bitmap.height !== height) {
    throw damaged(`a page measures ${bitmap.width} by ${bitmap.height} pixels instead of ${width} by ${height}`);
  }
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("this browser has no memory left for a canvas");
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return context.getImageData(0, 0, width, height).data;
}

/**
 * @param {Uint8ClampedArray} pixels RGBA
 * @param {Uint8Array} palette
 */
export function toCodes(pixels, palette) {
  const reader = codeReader(palette);
  const codes = new Uint8Array(pixels.length / 4);
  let last = -1;
  let lastCode = 0;
  for (let i = 0; i < codes.length; i++) {
    const at = 4 * i;
    const color = (pixels[at] << 16) | (pixels[at + 1] << 8) | pixels[at + 2];
    if (color !== last) {
      last = color;
      lastCode = reader.code(pixels[at], pixels[at + 1], pixels[at + 2]);
    }
    codes[i] = lastCode;
  }
  return { codes, misses: reader.misses };
}

/** @param {Uint8ClampedArray} pixels RGBA */
function red(pixels) {
  return Uint8Array.from({ length: pixels.length / 4 }, (_, i) => pixels[4 * i]);
}

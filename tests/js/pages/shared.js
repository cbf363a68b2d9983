// What both pages share: which nodes are watched, and how bytes travel as JSON.

/** Roles of nodes (docs/scene-format.md) that depend on the moment, and whether their shape matters or only that they show. */
export const WATCHED = {
  panel: true, unit_step: true, bar: true, probe_step: true, forward_layer: true, percent: false, outline: false, counter: false,
};
/** A world scale below this hides a node. */
export const HIDDEN_SCALE = 1e-6;

/** What a node says about itself, without its geometry. */
export function describe(extras, name) {
  const { role, layer, step, probe, unit } = extras;
  return { name, role, layer, step, probe, unit, parts: [] };
}

/** Whether a (column-major) world matrix leaves something to see. */
export function hasSize(matrix) {
  return [0, 4, 8].every((column) => Math.hypot(matrix[column], matrix[column + 1], matrix[column + 2]) > HIDDEN_SCALE);
}

/** Bytes as base64, in chunks that a call stack can take. */
export function toBase64(bytes) {
  let text = '';
  for (let start = 0; start < bytes.length; start += 32768) {
    text += String.fromCharCode(...bytes.subarray(start, start + 32768));
  }
  return btoa(text);
}

/** An image's pixels, top row first. */
export function readBitmap(source) {
  const canvas = new OffscreenCanvas(source.width, source.height);
  const context = canvas.getContext('2d', { willReadFrequently: true, colorSpace: 'srgb' });
  context.drawImage(source, 0, 0);
  const { width, height, data } = context.getImageData(0, 0, source.width, source.height);
  return { width, height, rgba: toBase64(data) };
}

/** Rows of a framebuffer, which begin at the bottom, from the top. */
export function flipRows(pixels, width, height) {
  const flipped = new Uint8Array(pixels.length);
  for (let row = 0; row < height; row += 1) {
    flipped.set(pixels.subarray((height - 1 - row) * width * 4, (height - row) * width * 4), row * width * 4);
  }
  return flipped;
}

/** Small drawings: sparkline, curve over training, histogram, feature map. */

import { s } from "../page/dom.js";
import { cssColor } from "../data/palettes.js";

/**
 * Path of a line through values, from the lowest (0 included) to the highest.
 * @param {number[]} values
 * @param {{width: number, height: number, pad: number}} size
 */
export function linePath(values, { width, height, pad }) {
  const known = values.filter(Number.isFinite);
  const low = Math.min(0, ...known);
  const high = Math.max(...known, low + 1e-12);
  const x = (/** @type {number} */ k) => pad + (values.length > 1 ? k / (values.length - 1) : 0.5) * (width - 2 * pad);
  const y = (/** @type {number} */ value) => height - pad - ((value - low) / (high - low)) * (height - 2 * pad);
  const d = values.map((value, k) => `${k ? "L" : "M"}${x(k).toFixed(1)} ${y(Number.isFinite(value) ? value : low).toFixed(1)}`).join("");
  return { d, x, y };
}

/**
 * @param {number[]} values
 * @param {number} step
 */
export function sparkline(values, step) {
  const size = { width: 36, height: 14, pad: 2 };
  const { d, x, y } = linePath(values, size);
  const dot = s("circle", { r: 2, cx: x(step).toFixed(1), cy: y(values[step]).toFixed(1) });
  return s("svg", { class: "spark", viewBox: "0 0 36 14", "aria-hidden": "true" }, s("path", { d }), dot);
}

/**
 * @param {number[]} values one per step
 * @param {number} step
 */
export function trainingCurve(values, step) {
  const size = { width: 248, height: 56, pad: 4 };
  const { d, x, y } = linePath(values, size);
  const at = x(step).toFixed(1);
  return s(
    "svg",
    { class: "training", viewBox: "0 0 248 56", "aria-hidden": "true" },
    s("path", { class: "base", d: "M0 55.500H248" }),
    s("path", { class: "line", d }),
    s("path", { class: "now", d: `M${at} 2V55` }),
    s("circle", { r: 3, cx: at, cy: y(values[step]).toFixed(1) }),
  );
}

/**
 * Bars wearing the colour map; heights are square roots, so that a full bin does not flatten the rest.
 * @param {number[]} counts
 * @param {{palette: Uint8Array, mark: number|null}} look mark: 0..1, the value under the cursor
 */
export function histogramChart(counts, { palette, mark }) {
  const [width, height] = [248, 56];
  const most = Math.sqrt(Math.max(...counts, 1));
  const pitch = width / counts.length;
  const bars = counts.map((count, bin) => {
    const tall = count ? Math.max(1.5, (Math.sqrt(count) / most) * (height - 6)) : 0;
    return s("rect", {
      x: (bin * pitch + 0.5).toFixed(1), y: (height - 1 - tall).toFixed(1), width: (pitch - 1).toFixed(1), height: tall.toFixed(1),
      fill: cssColor(palette, ((bin + 0.5) / counts.length) * 254),
    });
  });
  const at = mark === null ? null : (Math.min(1, Math.max(0, mark)) * width).toFixed(1);
  return s(
    "svg",
    { class: "histogram", viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    ...bars,
    s("path", { class: "base", d: `M0 ${height - 0.5}H${width}` }),
    at === null ? null : s("path", { class: "mark", d: `M${at} 0V${height}` }),
  );
}

/**
 * Paints codes into a canvas at their own resolution; the style sheet enlarges it with hard pixels.
 * @param {HTMLCanvasElement} canvas
 * @param {Uint8Array} codes
 * @param {{width: number, height: number, palette: Uint8Array}} look
 */
export function paintCodes(canvas, codes, { width, height, palette }) {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const context = canvas.getContext("2d");
  if (!context) return;
  const picture = context.createImageData(width, height);
  for (let i = 0; i < codes.length; i++) {
    const at = 3 * codes[i];
    picture.data.set([palette[at], palette[at + 1], palette[at + 2], 255], 4 * i);
  }
  context.putImageData(picture, 0, 0);
}

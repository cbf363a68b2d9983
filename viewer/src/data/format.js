/** Numbers and shapes as people read them. */

const grouped = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** @param {number} value an amount: 62,558 */
export function count(value) {
  return grouped.format(value);
}

/**
 * A measured value with four significant digits and a real minus: 0.3684, −12.35, 1.2e−7.
 * @param {number} value
 */
export function number(value) {
  if (Number.isNaN(value)) return "not a number";
  if (!Number.isFinite(value)) return value > 0 ? "infinite" : "−infinite";
  if (value === 0) return "0";
  const size = Math.abs(value);
  const text = size < 1e-4 || size >= 1e6 ? value.toExponential(2).replace("e+", "e") : value.toPrecision(4);
  return text.replaceAll("-", "−");
}

/**
 * The ends of a scale: no digits that say nothing.
 * @param {number} value
 */
export function short(value) {
  if (value === 0) return "0";
  return number(Number(value.toPrecision(4))).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");
}

/**
 * @param {number} fraction
 * @param {number} [digits] after the point
 */
export function percent(fraction, digits = 1) {
  const text = (fraction * 100).toFixed(digits);
  return `${text} %`;
}

/**
 * A probability beside a bar: short, and honest near its ends. The file keeps one byte, 1/255 is its grain:
 * nothing finer is told near 0 and 1, and never a certainty.
 * @param {number} fraction
 */
export function chance(fraction) {
  if (fraction < 0.01) return "<1 %";
  if (fraction > 0.99) return ">99 %";
  return `${(fraction * 100).toFixed(0)} %`;
}

/**
 * Sizes without the batch axis: 8×28×28.
 * @param {{shape: (number|null)[]}|undefined} tensor
 */
export function shapeText(tensor) {
  if (!tensor) return "";
  const inner = tensor.shape.slice(1);
  return inner.length === 0 ? "1" : inner.map((size) => (size === null ? "?" : String(size))).join("×");
}

/**
 * A module of nn.Sequential is called by its place, which says nothing by itself: 0 · Linear.
 * @param {string} name
 * @param {string} type
 */
export function placeName(name, type) {
  return /^\d+$/.test(name) && type ? `${name} · ${type}` : name;
}

/** @param {number} bytes */
export function bytesText(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(0)} kB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/**
 * A name from a file, fit to be shown: control and bidirectional characters made visible, lone
 * surrogates replaced, 256 characters at most.
 * @param {unknown} name
 */
export function safe(name) {
  const text = String(name ?? "").toWellFormed();
  const hidden = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;
  const clean = text.replace(hidden, "\ufffd");
  const letters = Array.from(clean.slice(0, 1024));
  return letters.length <= 256 ? letters.join("") : `${letters.slice(0, 255).join("")}…`;
}

/** Which numbers of a tensor a texel of its picture stands for, as docs/scene-format.md says (Weights). */

/**
 * @typedef {{name: string, shape: number[], kernel: [number, number]|null, pool: [number, number]|null}} TensorPlace
 */

/** The last axis of a tensor of three axes is a kernel up to this length. */
const LARGEST_KERNEL = 16;

/**
 * Whether a scene shows weights alone: nothing was computed, so there are no probes to choose from.
 * @param {import("../types.js").Network|null} network
 */
export function isWeights(network) {
  return network !== null && network.layers.every((layer) => layer.kind === "weight");
}

/**
 * "[3, 0, 2, 1]", or "[24–26, 30–32], the furthest from zero" where a texel stands for several.
 * @param {TensorPlace} tensor
 * @param {import("../types.js").Tiles} tiles
 * @param {{unit: number, row: number, column: number}} place
 */
export function indexText({ shape, kernel, pool }, tiles, { unit, row, column }) {
  const lead = leadingOnes(shape);
  const inner = shape.slice(lead);
  const zeros = Array.from({ length: lead }, () => "0");
  if (!pool && !kernel) {
    const flat = (unit * tiles.height + row) * tiles.width + column;
    return `[${[...zeros, ...unravel(flat, inner)].join(", ")}]`;
  }
  const [down, across] = pool ?? [1, 1];
  const [tall, wide] = kernel ?? [1, 1];
  const rows = inner.length < 2 ? 1 : inner[0];
  const columns = inner.length < 2 ? inner.reduce((a, b) => a * b, 1) : middle(inner).reduce((a, b) => a * b, 1);
  const [high, y] = span(row, down, tall, rows);
  const [left, x] = span(column, across, wide, columns);
  const axes = inner.length < 2 ? [left] : [high, ...within(left, middle(inner)), ...(kernel ? (inner.length === 3 ? [x] : [y, x]) : [])];
  return `[${[...zeros, ...axes.map(rangeText)].join(", ")}]${pool ? ", the furthest from zero" : ""}`;
}

/** @typedef {[first: number, last: number]} Span */

/**
 * What a texel covers on one axis: which kernels, and what of a kernel.
 * @param {number} at
 * @param {number} pool numbers in a texel: 1, or whole kernels
 * @param {number} kernel
 * @param {number} count kernels
 * @returns {[Span, Span]}
 */
function span(at, pool, kernel, count) {
  if (pool === 1) return [both(Math.floor(at / kernel)), both(at % kernel)];
  const each = pool / kernel;
  return [[at * each, Math.min(count, (at + 1) * each) - 1], [0, kernel - 1]];
}

/**
 * @param {number} at
 * @returns {Span}
 */
const both = (at) => [at, at];

/** @param {Span} span */
function rangeText([first, last]) {
  return first === last ? String(first) : `${first}–${last}`;
}

/** @param {number[]} shape axes of one in front of a matrix say nothing */
function leadingOnes(shape) {
  let lead = 0;
  while (shape.length - lead > 2 && shape[lead] === 1) lead++;
  return lead;
}

/** @param {number[]} inner the axes between the first and a kernel's */
function middle(inner) {
  if (inner.length === 2 || (inner.length === 3 && inner[2] <= LARGEST_KERNEL)) return [inner[1]];
  return inner.length === 3 ? [inner[0]] : inner.slice(1, -2);
}

/**
 * Several axes that lie behind each other in a row of kernels.
 * @param {Span} span
 * @param {number[]} axes
 * @returns {Span[]}
 */
function within([first, last], axes) {
  if (axes.length === 1) return [[first, last]];
  const from = unravel(first, axes);
  const to = unravel(last, axes);
  return from.map((at, axis) => [at, Math.max(at, to[axis])]);
}

/**
 * @param {number} flat
 * @param {number[]} shape
 * @returns {number[]}
 */
function unravel(flat, shape) {
  const found = [];
  let rest = flat;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    found.unshift(rest % shape[axis]);
    rest = Math.floor(rest / shape[axis]);
  }
  return found;
}

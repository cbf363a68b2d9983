/** Scales of the two curves: accuracy by its logit, loss by its logarithm, so that late progress stays visible. */

/**
 * @typedef {{name: string, kind: "accuracy"|"loss", values: (number|null)[], place: (value: number) => number, grid: number[]}} Curve
 *   place: 0 at the bottom, 1 at the top
 */

const EDGE = 0.0005;

/** @param {number} share */
export function logit(share) {
  const inside = Math.min(1 - EDGE, Math.max(EDGE, share));
  return Math.log(inside / (1 - inside));
}

/**
 * The accuracy and the loss to draw: the metric the file names, else by the usual words.
 * @param {import("../types.js").Network} network
 * @returns {Curve[]}
 */
export function curvesOf({ steps, data }) {
  const names = [...new Set(steps.flatMap((step) => Object.keys(step.metrics)))];
  const accuracy = data.accuracy && names.includes(data.accuracy) ? data.accuracy : names.find((name) => /acc/i.test(name));
  const loss = names.find((name) => /^train.*loss/i.test(name)) ?? names.find((name) => /loss/i.test(name));
  const values = (/** @type {string} */ name) => steps.map((step) => step.metrics[name] ?? null);
  return [
    ...(accuracy ? [accuracyCurve(accuracy, values(accuracy))] : []),
    ...(loss ? [lossCurve(loss, values(loss))] : []),
  ];
}

/**
 * @param {string} name
 * @param {(number|null)[]} values fractions
 * @returns {Curve}
 */
function accuracyCurve(name, values) {
  const place = between(values.map((value) => (value === null ? null : logit(value))), logit);
  const grid = [0.5, 0.9, 0.99, 0.999].filter((share) => place(share) > 0.12 && place(share) < 1.02);
  return { name, kind: "accuracy", values, place, grid: grid.slice(-2) };
}

/**
 * @param {string} name
 * @param {(number|null)[]} values
 * @returns {Curve}
 */
function lossCurve(name, values) {
  const scale = (/** @type {number} */ value) => Math.log(Math.max(value, 1e-6));
  return { name, kind: "loss", values, place: between(values.map((value) => (value === null ? null : scale(value))), scale), grid: [] };
}

/**
 * @param {(number|null)[]} scaled
 * @param {(value: number) => number} scale
 */
function between(scaled, scale) {
  const known = scaled.filter((value) => value !== null);
  const low = Math.min(...known);
  const high = Math.max(...known);
  return (/** @type {number} */ value) => (high > low ? (scale(value) - low) / (high - low) : 0.5);
}

/**
 * A metric's name as people say it: test_accuracy becomes "test accuracy".
 * @param {string} name
 */
export function metricName(name) {
  return name.replaceAll("_", " ").replace(/\bacc\b/, "accuracy");
}

/**
 * Which of `count` ticks carry a number, so that none is closer than `gap` pixels to the next.
 * @param {number} count
 * @param {number} width pixels
 * @param {number} gap
 */
export function tickEvery(count, width, gap) {
  const most = Math.max(1, Math.floor(width / gap));
  for (const step of [1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1000]) if (count / step <= most) return step;
  return Math.ceil(count / most);
}

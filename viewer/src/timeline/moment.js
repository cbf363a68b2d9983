/** From seconds to steps. Step k of S sits at its own time; between two of them units move linearly. */

/** @typedef {import("../types.js").Step} Step */

/**
 * @param {Step[]} steps
 * @param {number} time seconds
 */
export function momentAt(steps, time) {
  let step = 0;
  for (let k = 1; k < steps.length && steps[k].time <= time + 1e-6; k++) step = k;
  const next = Math.min(step + 1, steps.length - 1);
  const span = steps[next].time - steps[step].time;
  const fraction = span > 0 ? Math.min(1, Math.max(0, (time - steps[step].time) / span)) : 0;
  return { step, next, fraction };
}

/**
 * The step whose time is nearest.
 * @param {Step[]} steps
 * @param {number} time
 */
export function nearestStep(steps, time) {
  const { step, next, fraction } = momentAt(steps, time);
  return fraction > 0.5 ? next : step;
}

/**
 * Time as a number of epochs, as links write it: 3.5 is half-way between two recorded epochs.
 * @param {Step[]} steps
 * @param {number} time
 */
export function epochAt(steps, time) {
  const { step, next, fraction } = momentAt(steps, time);
  return steps[step].epoch + (steps[next].epoch - steps[step].epoch) * fraction;
}

/**
 * The epoch in words. Between two recorded ones nothing was measured, and the text says so.
 * @param {Step[]} steps
 * @param {number} time
 * @param {boolean} stepped what is shown stays at the recorded epoch before
 * @returns {{epoch: string, between: string}} between: "between 3 and 4", or empty at a recorded epoch
 */
export function epochText(steps, time, stepped) {
  const { step, next, fraction } = momentAt(steps, time);
  if (stepped || fraction < 1e-3 || step === next) return { epoch: String(steps[step].epoch), between: "" };
  return { epoch: epochAt(steps, time).toFixed(1), between: `between ${steps[step].epoch} and ${steps[next].epoch}` };
}

/**
 * @param {(number|null)[]} values of a metric, by step
 * @param {Step[]} steps
 * @param {number} time
 * @param {boolean} stepped
 * @returns {{value: number|null, measured: boolean}} between two recorded values: on the straight line
 */
export function metricAt(values, steps, time, stepped) {
  const { step, next, fraction } = momentAt(steps, time);
  const [from, to] = [values[step], values[next]];
  if (stepped || fraction < 1e-3 || step === next) return { value: from, measured: true };
  return { value: from === null || to === null ? null : from + (to - from) * fraction, measured: false };
}

/**
 * @param {Step[]} steps
 * @param {number} epoch
 */
export function timeOfEpoch(steps, epoch) {
  for (let k = 1; k < steps.length; k++) {
    const [a, b] = [steps[k - 1], steps[k]];
    if (epoch <= b.epoch) return a.time + (b.time - a.time) * Math.min(1, Math.max(0, (epoch - a.epoch) / (b.epoch - a.epoch || 1)));
  }
  return steps[steps.length - 1].time;
}

/** One pane, or two beside or above each other when two moments or files are compared. Pure. */

import { epochAt, momentAt, timeOfEpoch } from "../timeline/moment.js";

/**
 * @typedef {import("../types.js").State} State
 * @typedef {import("../types.js").Network} Network
 * @typedef {{left: number, top: number, width: number, height: number}} Box
 */

const GAP = 1;

/**
 * Splits the stage the way that draws the network larger.
 * @param {{width: number, height: number}} stage
 * @param {number} aspect width over height of what is drawn
 * @returns {[Box, Box]}
 */
export function splitStage({ width, height }, aspect) {
  const scale = (/** @type {number} */ w, /** @type {number} */ h) => Math.min(w / aspect, h);
  if (scale(width, height / 2) >= scale(width / 2, height)) {
    const half = Math.floor((height - GAP) / 2);
    return [{ left: 0, top: 0, width, height: half }, { left: 0, top: height - half, width, height: half }];
  }
  const half = Math.floor((width - GAP) / 2);
  return [{ left: 0, top: 0, width: half, height }, { left: width - half, top: 0, width: half, height }];
}

/** @param {{width: number, height: number}} pane whether there is room below a network in a row, rather than beside it */
export const isTall = ({ width, height }) => height > 0.6 * width;

/**
 * What a pane shows of a network.
 * @param {State} state
 * @param {Network} network
 * @param {"A"|"B"} pane A is only there in a comparison
 */
export function momentOf(state, network, pane) {
  const last = network.steps.length - 1;
  const { compare, clip, stepped } = state;
  const probe = Math.min(pane === "A" && compare?.kind === "probes" ? compare.probe : state.probe, Math.max(0, network.probes.length - 1));
  if (clip === "forward") return { step: last, next: last, fraction: 0, probe, seconds: state.time };
  const time = pane === "A" && compare?.kind === "epochs" ? compare.time : state.time;
  const moment = momentAt(network.steps, time);
  // Two epochs are compared where both are recorded; in between they would be mixtures.
  const still = stepped || compare?.show === "difference";
  return { ...moment, fraction: still ? 0 : moment.fraction, probe, seconds: null };
}

/**
 * The time on another file's clock at which it has trained as long.
 * @param {State} state
 * @param {Network} from
 * @param {Network} to
 * @returns {State}
 */
export function onClockOf(state, from, to) {
  if (from === to || state.clip !== "epochs") return state;
  return { ...state, time: timeOfEpoch(to.steps, epochAt(from.steps, state.time)) };
}

/** Which part of the stage is free for the network, and from where to look at it. */

import { Vector3 } from "three";
import { isTall } from "./panes.js";

/**
 * @typedef {import("./fit.js").Rectangle} Rectangle
 * @typedef {import("./fit.js").Point} Point
 */

const ELEVATION = 14;

/**
 * The hero view looks almost from the front; on a squarer stage it turns a little, which makes the row shorter.
 * @param {number} aspect of the free rectangle
 */
export function heroAzimuth(aspect) {
  const turn = Math.min(1, Math.max(0, (2.1 - aspect) / 0.8));
  return -14 - 7 * turn;
}

/**
 * @param {HTMLElement} stage
 * @param {import("../types.js").State} state
 * @param {boolean} all room for the labels and what stands over the stage
 * @param {{width: number, height: number}} pane the stage, or half of it while two moments are compared
 * @returns {Rectangle}
 */
export function freeRectangle(stage, state, all, { width, height }) {
  // Below a network in a tall pane stands the list of what changed.
  if (state.compare) return { left: width * 0.05, right: width * 0.93, top: 40, bottom: height - (isTall({ width, height }) ? 200 : 54) };
  const small = width < 640;
  const side = small ? 20 : Math.min(56, width * 0.045);
  const origin = stage.getBoundingClientRect();
  let top = 20;
  let bottom = height - 20;
  for (const element of stage.querySelectorAll("[data-blocks]")) {
    const rectangle = element.getBoundingClientRect();
    if (rectangle.height === 0) continue;
    if (rectangle.top - origin.top < height / 2) top = Math.max(top, rectangle.bottom - origin.top + 8);
    else bottom = Math.min(bottom, rectangle.top - origin.top - 4);
  }
  const labels = state.mode === "desktop" ? 56 : 40;
  const room = bottom - top;
  const free = { left: side, right: width - side - (small ? 24 : 40), top: top + (all ? 4 : 24), bottom: bottom - Math.min(labels, room * 0.25) };
  return free.bottom - free.top > 40 ? free : { left: 8, right: width - 8, top: 8, bottom: height - 8 };
}

/**
 * @param {ReturnType<typeof import("./camera.js").createCamera>} camera
 * @param {Point[]} points
 * @param {{width: number, height: number, free: Rectangle, azimuth?: number, elevation?: number}} how angles in radians
 */
export function fitFor(camera, points, { width, height, free, azimuth, elevation }) {
  const aspect = (free.right - free.left) / (free.bottom - free.top);
  const hero = { azimuth: (heroAzimuth(aspect) * Math.PI) / 180, elevation: (ELEVATION * Math.PI) / 180 };
  const shown = points.length > 0 ? points : [/** @type {Point} */ (new Vector3(1, 1, 1).toArray()), /** @type {Point} */ (new Vector3(-1, -1, -1).toArray())];
  return camera.fitting(shown, { azimuth: azimuth ?? hero.azimuth, elevation: elevation ?? hero.elevation, width, height, free });
}

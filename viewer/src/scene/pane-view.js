/** Which panes there are, and what lies over each. */

import { createOverlay } from "./overlay.js";
import { isTall, onClockOf, splitStage } from "./panes.js";

/**
 * @typedef {import("../types.js").State} State
 * @typedef {import("./shown.js").Shown} Shown
 * @typedef {{pane: "A"|"B", shown: Shown|null, state: State, left: number, top: number, width: number, height: number}} Pane
 */

/** A network in a row, from the hero view. */
const USUAL_ASPECT = 2.6;

/**
 * @param {State} state
 * @param {{width: number, height: number}} size of the stage
 * @param {Shown|null} main
 * @param {Shown|null} second the second file of a comparison
 * @param {HTMLElement} stage at the bottom of which probes and legend stand
 * @returns {Pane[]}
 */
export function panesOf(state, size, main, second, stage) {
  const other = state.compare?.kind === "files" ? second : main;
  if (!state.compare || !main || !other) return [{ pane: "B", shown: main, state, left: 0, top: 0, ...size }];
  const [a, b] = splitStage({ ...size, height: Math.max(1, size.height - footOf(stage, size)) }, USUAL_ASPECT);
  return [{ pane: "A", shown: main, state, ...a }, { pane: "B", shown: other, state: onClockOf(state, main.network, other.network), ...b }];
}

/** @type {{key: string, height: number}} asked once for each size: a layout in every frame would cost more than drawing */
let foot = { key: "", height: 0 };

/** @param {HTMLElement} stage @param {{width: number, height: number}} size */
function footOf(stage, { width, height }) {
  const key = `${width} ${height} ${stage.className}`;
  if (foot.key !== key) foot = { key, height: /** @type {HTMLElement|null} */ (stage.querySelector(".stage-foot"))?.offsetHeight ?? 0 };
  return foot.height;
}

/**
 * @param {{panes: {root: HTMLElement, marks: HTMLElement}[], stage: HTMLElement}} parts
 * @param {ReturnType<typeof import("./camera.js").createCamera>} camera
 */
export function createOverlays(parts, camera) {
  /** @type {({shown: Shown, overlay: import("./overlay.js").Overlay}|null)[]} */
  const made = [null, null];

  const overlays = {
    /** Layer that a search points at. @type {string|null} */
    candidate: null,
    /**
     * @param {Pane} pane
     * @param {number} index
     */
    show: ({ pane, shown, state, left, top, width, height }, index) => {
      const { root, marks } = parts.panes[index];
      Object.assign(root.style, { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` });
      root.classList.toggle("is-tall", isTall({ width, height }));
      if (!shown) return;
      if (made[index]?.shown !== shown) {
        made[index]?.overlay.dispose();
        made[index] = { shown, overlay: createOverlay(marks, shown.drawing, shown.blocks, { camera, stage: parts.stage }) };
      }
      const found = (overlays.candidate && shown.drawing.byId.get(overlays.candidate)) || null;
      made[index]?.overlay.show(state, { pane, size: { width, height }, origin: { left, top }, focus: shown.focus(state), candidate: found });
    },
    clear() {
      made.forEach((each, index) => {
        each?.overlay.dispose();
        made[index] = null;
      });
    },
  };
  return overlays;
}

/** What lies over the drawing of a pane: labels, brackets, outlines, the windows that a pixel is computed from. */

import { fanIn, fanOut } from "../data/windows.js";
import { rowsAt } from "../data/values.js";
import { lit } from "./drawing.js";
import { createLabels } from "./labels.js";
import { createMarks } from "./marks.js";
import { momentOf } from "./panes.js";

/**
 * @typedef {import("../types.js").State} State
 * @typedef {import("./drawing.js").LayerDrawing} LayerDrawing
 * @typedef {ReturnType<typeof createOverlay>} Overlay
 */

/**
 * @param {HTMLElement} root an element that covers the pane
 * @param {import("./drawing.js").Drawing} drawing
 * @param {import("./blocks.js").Blocks} blocks
 * @param {{camera: ReturnType<typeof import("./camera.js").createCamera>, stage: HTMLElement}} tools
 */
export function createOverlay(root, drawing, blocks, { camera, stage }) {
  const { network } = drawing;
  const labelHost = document.createElement("div");
  labelHost.className = "labels";
  const markHost = document.createElement("div");
  markHost.className = "marks-layer";
  root.replaceChildren(labelHost, markHost);
  const labels = createLabels(labelHost, [...drawing.layers, ...blocks.labelled], network, drawing.links.points);
  const marks = createMarks(markHost);
  let placed = "";

  /**
   * Labels only move when one of these did.
   * @param {State} state
   * @param {number} step
   * @param {{width: number, height: number}} size
   */
  function signature({ hidden, isolated, selection, mode, present, probe, view, tree, clip, collapsed, compare, labels: kind }, step, size) {
    const facts = [step, probe, isolated, selection?.layer, mode, present, view, tree, clip, size.width, size.height, compare?.kind, compare?.show, kind];
    return [...facts, ...hidden, ...collapsed, ...camera.camera.matrixWorld.elements, camera.camera.aspect].join(" ");
  }

  return {
    /**
     * @param {State} state
     * @param {{pane: "A"|"B", size: {width: number, height: number}, origin: {left: number, top: number}, focus: ReturnType<typeof import("./focus.js").focusOf>, candidate: LayerDrawing|null}} view
     */
    show(state, { pane, size, origin, focus, candidate }) {
      const now = momentOf(state, network, pane);
      const project = (/** @type {import("three").Vector3} */ point) => camera.project(point, size.width, size.height);
      const value = (/** @type {LayerDrawing} */ { layer }, /** @type {number} */ unit) => (lit(network, layer.id, now.seconds) > 0.5 ? (drawing.series.of(layer, now.probe)?.at(unit, now) ?? 0) : 0);
      labels.show({ probe: now.probe, selected: state.selection?.layer ?? null, value });
      const known = signature(state, now.step, size);
      const named = (/** @type {string} */ id) => drawing.signs.length === 0 || id === state.selection?.layer || !network.byId.has(id);
      if (known !== placed) {
        root.dataset.labels = state.labels;
        labels.place({ project, ...size, blocked: blockedBy(stage, origin), shown: focus.labelled, named, strength: focus.strength });
      }
      placed = known;
      const find = (/** @type {{layer: string, unit: number|null}|null} */ place) => {
        const found = place && drawing.byId.get(place.layer);
        return found && focus.shown(found.layer.id) ? { drawing: found, unit: place.unit } : null;
      };
      marks.place({ selection: find(state.selection), hover: find(state.hover), candidate, project, windows: windowsOf(state, drawing, now) });
    },
    dispose: () => root.replaceChildren(),
  };
}

/**
 * The windows of the pixel under the pointer, or of the selected one, in the layers before and behind.
 * @param {State} state
 * @param {import("./drawing.js").Drawing} drawing
 * @param {import("./layer-drawing.js").Moment} moment
 */
function windowsOf({ selection, hover }, { network, byId, values }, { step, probe }) {
  if (!selection || selection.unit === null) return [];
  const layer = network.byId.get(selection.layer);
  if (!layer) return [];
  const over = hover && hover.layer === selection.layer && hover.unit !== null ? hover : null;
  const unit = over ? /** @type {number} */ (over.unit) : selection.unit;
  const at = over ?? (selection.row === undefined ? null : selection);
  const place = at ? { unit, row: at.row ?? 0, column: at.column ?? 0 } : { unit, row: null, column: null };
  const reaches = [...fanIn(network, layer, place, rowsAt(values, { step, probe })), ...fanOut(network, layer, place)];
  return reaches.flatMap((reach) => {
    const drawing = byId.get(reach.layer);
    return drawing ? [{ drawing, units: reach.units, window: reach.window }] : [];
  });
}

/**
 * Rectangles of what stands over the scene, in the pixels of a pane.
 * @param {HTMLElement} stage
 * @param {{left: number, top: number}} pane
 */
function blockedBy(stage, pane) {
  const origin = stage.getBoundingClientRect();
  const [x, y] = [origin.left + pane.left, origin.top + pane.top];
  return [...stage.querySelectorAll("[data-blocks]")].map((element) => {
    const { left, top, right, bottom } = element.getBoundingClientRect();
    return { left: left - x, top: top - y, right: right - x, bottom: bottom - y };
  });
}

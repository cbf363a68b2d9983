/** Corner brackets around the layer in focus, an outline around the unit, windows of a pixel: SVG over the canvas. */

import { s } from "../page/dom.js";
import { around } from "./place.js";
import { unitCount, unitPoints, windowPoints } from "./unit-shape.js";

/** More outlines than this say nothing. */
const MOST_WINDOWS = 512;

/**
 * @typedef {import("./drawing.js").LayerDrawing} LayerDrawing
 * @typedef {import("three").Vector3} Vector3
 * @typedef {(point: Vector3) => {x: number, y: number, z: number}} Project
 * @typedef {{drawing: LayerDrawing, units: number[]|null, window: import("../data/windows.js").Window|null}} Reached
 */

/** @param {HTMLElement} host */
export function createMarks(host) {
  const selected = s("path", { class: "mark" });
  const unit = s("path", { class: "mark" });
  const hovered = s("path", { class: "mark is-hover" });
  const reached = s("path", { class: "mark is-window" });
  host.append(s("svg", { class: "marks", "aria-hidden": "true" }, selected, reached, unit, hovered));

  return {
    /**
     * @param {{selection: {drawing: LayerDrawing, unit: number|null}|null, hover: {drawing: LayerDrawing, unit: number|null}|null, candidate: LayerDrawing|null, windows: Reached[], project: Project}} view
     */
    place({ selection, hover, candidate, windows, project }) {
      const framed = candidate ?? selection?.drawing ?? null;
      selected.setAttribute("d", framed ? brackets(framed.corners.map(project)) : "");
      unit.setAttribute("d", selection && selection.unit !== null ? outline(unitPoints(selection.drawing, selection.unit).map(project)) : "");
      const same = hover?.drawing === selection?.drawing && hover?.unit === selection?.unit;
      hovered.setAttribute("d", hover && hover.unit !== null && !same ? outline(unitPoints(hover.drawing, hover.unit).map(project)) : "");
      reached.setAttribute("d", windows.map((each) => windowPath(each, project)).join(""));
    },
  };
}

/**
 * @param {Reached} reached
 * @param {Project} project
 */
function windowPath({ drawing, units, window }, project) {
  // All whole tiles of a layer: the layer as such, which needs no outline around each of them.
  if (units === null && window === null) return drawing.corners.length ? brackets(drawing.corners.map(project)) : "";
  const all = units ?? Array.from({ length: unitCount(drawing) }, (_, unit) => unit);
  return all
    .slice(0, MOST_WINDOWS)
    .map((unit) => outline((window ? windowPoints(drawing, unit, window) : unitPoints(drawing, unit)).map(project)))
    .join("");
}

/**
 * Positions of a damaged file, or a camera of a made-up link, may be no numbers.
 * @param {{x: number, y: number}[]} points
 */
function drawable(points) {
  return points.length > 0 && points.every(({ x, y }) => Number.isFinite(x) && Number.isFinite(y));
}

/** @param {{x: number, y: number}[]} points */
function brackets(points) {
  if (!drawable(points)) return "";
  const { left, top, right, bottom } = around(points);
  const [l, t, r, b] = [left - 8, top - 8, right + 8, bottom + 8].map(Math.round);
  const arm = Math.min(12, (r - l) / 3, (b - t) / 3);
  return `M${l} ${t + arm}V${t}H${l + arm}M${r - arm} ${t}H${r}V${t + arm}M${r} ${b - arm}V${b}H${r - arm}M${l + arm} ${b}H${l}V${b - arm}`;
}

/** @param {{x: number, y: number}[]} points four in order, or the corners of a body */
function outline(points) {
  if (!drawable(points)) return "";
  if (points.length === 4) return `M${points.map(({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}Z`;
  const { left, top, right, bottom } = around(points);
  return `M${left.toFixed(1)} ${top.toFixed(1)}H${right.toFixed(1)}V${bottom.toFixed(1)}H${left.toFixed(1)}Z`;
}

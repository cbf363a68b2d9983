/** Corner brackets around the layer in focus and an outline around the unit, drawn as SVG over the canvas. */

import { Matrix4, Vector3 } from "three";
import { s } from "../page/dom.js";
import { around } from "./place.js";

/**
 * @typedef {import("./drawing.js").LayerDrawing} LayerDrawing
 * @typedef {(point: Vector3) => {x: number, y: number, z: number}} Project
 */

/** @param {HTMLElement} host */
export function createMarks(host) {
  const selected = s("path", { class: "mark" });
  const unit = s("path", { class: "mark" });
  const hovered = s("path", { class: "mark is-hover" });
  host.append(s("svg", { class: "marks", "aria-hidden": "true" }, selected, unit, hovered));

  return {
    /**
     * @param {{selection: {drawing: LayerDrawing, unit: number|null}|null, hover: {drawing: LayerDrawing, unit: number|null}|null, candidate: LayerDrawing|null, project: Project}} view
     */
    place({ selection, hover, candidate, project }) {
      const framed = candidate ?? selection?.drawing ?? null;
      selected.setAttribute("d", framed ? brackets(framed.corners.map(project)) : "");
      unit.setAttribute("d", selection && selection.unit !== null ? outline(selection.drawing, selection.unit, project) : "");
      const same = hover?.drawing === selection?.drawing && hover?.unit === selection?.unit;
      hovered.setAttribute("d", hover && hover.unit !== null && !same ? outline(hover.drawing, hover.unit, project) : "");
    },
  };
}

/** @param {{x: number, y: number}[]} points */
function brackets(points) {
  if (points.length === 0) return "";
  const { left, top, right, bottom } = around(points);
  const [l, t, r, b] = [left - 8, top - 8, right + 8, bottom + 8].map(Math.round);
  const arm = Math.min(12, (r - l) / 3, (b - t) / 3);
  return `M${l} ${t + arm}V${t}H${l + arm}M${r - arm} ${t}H${r}V${t + arm}M${r} ${b - arm}V${b}H${r - arm}M${l + arm} ${b}H${l}V${b - arm}`;
}

/**
 * @param {LayerDrawing} drawing
 * @param {number} unit
 * @param {Project} project
 */
function outline(drawing, unit, project) {
  const points = (quad(drawing, unit) ?? body(drawing, unit) ?? []).map(project);
  if (points.length === 0) return "";
  if (points.length === 4) return `M${points.map(({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}Z`;
  const { left, top, right, bottom } = around(points);
  return `M${left.toFixed(1)} ${top.toFixed(1)}H${right.toFixed(1)}V${bottom.toFixed(1)}H${left.toFixed(1)}Z`;
}

/**
 * The four corners of a channel's tile.
 * @param {LayerDrawing} drawing
 * @param {number} unit
 */
function quad({ maps, layer }, unit) {
  if (!maps || unit >= (layer.tiles?.count ?? 0)) return null;
  const index = /** @type {import("three").BufferAttribute} */ (maps.geometry.getIndex());
  const position = maps.geometry.getAttribute("position");
  const vertices = [...new Set(Array.from({ length: 6 }, (_, k) => index.getX(6 * unit + k)))];
  return vertices.sort((a, b) => a - b).map((v) => new Vector3().fromBufferAttribute(position, v).applyMatrix4(maps.matrixWorld));
}

/**
 * The eight corners of a unit's body, or of a class bar.
 * @param {LayerDrawing} drawing
 * @param {number} unit
 */
function body({ units, bars }, unit) {
  const cube = [0, 1, 2, 3, 4, 5, 6, 7].map((i) => new Vector3(i & 1 ? 0.5 : -0.5, i & 2 ? 0.5 : -0.5, i & 4 ? 0.5 : -0.5));
  if (units && unit < units.mesh.count) {
    const matrix = new Matrix4();
    units.mesh.getMatrixAt(unit, matrix);
    matrix.premultiply(units.mesh.matrixWorld);
    return cube.map((corner) => corner.applyMatrix4(matrix));
  }
  const bar = /** @type {import("three").Mesh|undefined} */ (bars[unit]);
  const box = bar?.geometry?.boundingBox;
  if (!bar || !box) return null;
  const [size, middle] = [box.getSize(new Vector3()), box.getCenter(new Vector3())];
  return cube.map((corner) => corner.multiply(size).add(middle).applyMatrix4(bar.matrixWorld));
}

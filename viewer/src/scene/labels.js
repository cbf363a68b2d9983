/** HTML labels over the scene, placed anew after every frame in which the camera moved. */

import { h, setText } from "../page/dom.js";
import { chance, safe, shapeText } from "../data/format.js";
import { around, overlaps, placeLabels } from "./place.js";
import { Vector3 } from "three";

/**
 * @typedef {import("./drawing.js").LayerDrawing} LayerDrawing
 * @typedef {(point: Vector3) => {x: number, y: number, z: number}} Project
 */

/**
 * @param {HTMLElement} host a layer over the canvas
 * @param {LayerDrawing[]} layers
 * @param {import("../types.js").Network} network
 * @param {Vector3[]} lines points of ribbons that labels keep clear of
 */
export function createLabels(host, layers, network, lines) {
  const labels = layers.map((drawing) => createLabel(drawing));
  // Where only some classes have a bar, the signs of the file name them.
  const bars = layers.filter((drawing) => drawing.bars.length > 0 && !drawing.bars.includes(/** @type {any} */ (undefined))).map((drawing) => createBarLabels(drawing, network));
  host.replaceChildren(...labels.map((label) => label.element), ...bars.flatMap((bar) => bar.elements));

  /** @type {string|null} */
  let selected = null;

  return {
    /**
     * @param {{project: Project, width: number, height: number, blocked: import("./fit.js").Rectangle[], shown: (id: string) => boolean,
     *   named: (id: string) => boolean, strength: (id: string) => number}} view named: has a label, where the file's signs do not tell
     */
    place(view) {
      const bounds = { left: 4, top: 4, right: view.width - 4, bottom: view.height - 4 };
      const screen = labels.map(({ drawing }) => onScreen(drawing, view, drawing.layer.id === selected ? BRACKET : 0));
      const items = labels.map(({ size, brief, drawing }, index) => ({ around: screen[index] ?? NOWHERE, size, brief, priority: drawing.layer.mark === "joint" ? 0 : 1 }));
      const blocked = [...view.blocked, ...bars.flatMap((bar) => bar.place(view))];
      const places = placeLabels(items, { bounds, blocked, lines: lines.map(view.project) });
      labels.forEach((label, index) => label.move(screen[index] ? places[index] : null, view.strength(label.drawing.layer.id)));
    },
    /**
     * @param {{probe: number, selected: string|null, value: (drawing: LayerDrawing, unit: number) => number}} now
     */
    show(now) {
      selected = now.selected;
      for (const { element, drawing } of labels) element.classList.toggle("is-selected", drawing.layer.id === now.selected);
      for (const bar of bars) bar.show(now);
    },
  };
}

/** Pixels around the selected layer that its brackets take. */
const BRACKET = 10;
const NOWHERE = { left: -1e6, top: -1e6, right: -1e6, bottom: -1e6 };

/**
 * @param {LayerDrawing} drawing
 * @param {{project: Project, shown: (id: string) => boolean, named: (id: string) => boolean}} view
 * @param {number} margin pixels
 */
function onScreen({ layer, corners }, view, margin) {
  if (corners.length === 0 || !view.shown(layer.id) || !view.named(layer.id)) return null;
  const points = corners.map(view.project);
  if (!points.every((point) => point.z < 1)) return null;
  const { left, top, right, bottom } = around(points);
  return { left: left - margin, top: top - margin, right: right + margin, bottom: bottom + margin };
}

/** @param {LayerDrawing} drawing */
function createLabel(drawing) {
  const { layer } = drawing;
  const small = layer.mark === "joint";
  const name = h("b", { text: safe(layer.name) });
  const title = h("span", { class: "detail", text: small ? "" : safe(layer.title) });
  const shape = h("span", { text: small ? "" : shapeText(layer.outputs[0]) });
  const element = h("div", { class: "label", "aria-hidden": "true" }, name, title, shape);
  const width = (/** @type {string} */ text, /** @type {number} */ letter) => Math.min(220, text.length * letter + 4);
  const narrow = Math.max(width(layer.name, 7.4), width(shapeText(layer.outputs[0]), 6.4));
  const lines = 1 + Number(Boolean(title.textContent) && title.textContent !== layer.name) + Number(Boolean(shape.textContent));
  if (title.textContent === layer.name) title.textContent = "";
  return {
    element,
    drawing,
    size: { width: Math.max(narrow, width(title.textContent ?? "", 6.2)), height: 3 + 15 * lines },
    brief: { width: narrow, height: 33 },
    /**
     * @param {import("./place.js").Place|null} place
     * @param {number} strength
     */
    move(place, strength) {
      element.classList.toggle("is-off", place === null);
      element.classList.toggle("is-dim", strength < 0.9);
      if (!place) return;
      element.classList.toggle("is-brief", place.brief);
      const room = place.brief ? this.brief : this.size;
      element.style.transform = `translate(${place.left + room.width / 2}px, ${place.top}px) translateX(-50%)`;
    },
  };
}

/**
 * Class names before the bars and probabilities behind them.
 * @param {LayerDrawing} drawing
 * @param {import("../types.js").Network} network
 */
function createBarLabels(drawing, network) {
  const { bars, layer } = drawing;
  const ends = barEnds(drawing);
  const names = bars.map((_, unit) => h("div", { class: "class-name", "aria-hidden": "true", text: safe(network.data.classes[unit] ?? String(unit)) }));
  const values = bars.map(() => h("div", { class: "class-value", "aria-hidden": "true" }));
  const longest = Math.max(1, ...names.map((name) => name.textContent?.length ?? 0));
  const isChance = layer.values?.low === 0 && layer.values.high === 1;

  /**
   * @param {HTMLElement} element
   * @param {{x: number, y: number}} point
   * @param {{size: number, shift: string, off: boolean}} how
   */
  function put(element, point, { size, shift, off }) {
    element.classList.toggle("is-off", off);
    // The last bits of a camera that came back to its place would draw every letter a little differently.
    element.style.fontSize = `${size.toFixed(2)}px`;
    element.style.transform = `translate(${point.x.toFixed(2)}px, ${point.y.toFixed(2)}px) translate(${shift}, -50%)`;
  }

  return {
    elements: [...names, ...values],
    /**
     * @param {{project: Project, width: number, height: number, blocked: import("./fit.js").Rectangle[], shown: (id: string) => boolean}} view
     * @returns {import("./fit.js").Rectangle[]} what the names and numbers cover
     */
    place(view) {
      const starts = ends.map(([start]) => view.project(start));
      const stops = ends.map(([, end]) => view.project(end));
      const pitch = bars.length > 1 ? Math.hypot(starts[1].x - starts[0].x, starts[1].y - starts[0].y) : 20;
      const size = Math.max(9, Math.min(15, pitch * 0.72));
      const leftward = starts[0].x <= stops[0].x ? -1 : 1;
      const every = Math.ceil(12 / Math.max(pitch, 1));
      bars.forEach((_, unit) => {
        const told = unit % every === 0 || names[unit].classList.contains("is-true") || values[unit].classList.contains("is-large");
        const off = !view.shown(layer.id) || !told || starts[unit].z > 1;
        put(names[unit], { x: starts[unit].x + 7 * leftward, y: starts[unit].y }, { size, shift: leftward < 0 ? "-100%" : "0", off });
        const at = { x: stops[unit].x - 8 * leftward, y: stops[unit].y };
        const hidden = view.blocked.some((other) => overlaps({ left: at.x, right: at.x + 40, top: at.y - 7, bottom: at.y + 7 }, other));
        put(values[unit], at, { size: Math.min(size, 13), shift: leftward < 0 ? "0" : "-100%", off: off || hidden });
      });
      return view.shown(layer.id) ? [columnOf(starts, size * 0.62 * longest + 12, -leftward), columnOf(stops, 48, leftward)] : [];
    },
    /** @param {{probe: number, value: (drawing: LayerDrawing, unit: number) => number}} now */
    show({ probe, value }) {
      const truth = network.probes[probe]?.label;
      bars.forEach((_, unit) => {
        const share = value(drawing, unit);
        setText(values[unit], isChance && share >= 0.01 ? chance(share) : "");
        values[unit].classList.toggle("is-large", share >= 0.5);
        names[unit].classList.toggle("is-true", unit === truth);
      });
    },
  };
}

/**
 * A column of text beside points.
 * @param {{x: number, y: number}[]} points
 * @param {number} width
 * @param {number} side 1: it ends at the points, -1: it begins there
 */
function columnOf(points, width, side) {
  const { left, top, right, bottom } = around(points);
  return side > 0 ? { left: left - width, right, top: top - 8, bottom: bottom + 8 } : { left, right: right + width, top: top - 8, bottom: bottom + 8 };
}

/**
 * World points before the first and behind the last possible length of every bar.
 * @param {LayerDrawing} drawing
 * @returns {[Vector3, Vector3][]}
 */
function barEnds({ bars }) {
  return bars.map((bar) => {
    const mesh = /** @type {import("three").Mesh} */ (bar);
    mesh.geometry.computeBoundingBox();
    const { min, max } = /** @type {import("three").Box3} */ (mesh.geometry.boundingBox);
    const parent = /** @type {import("three").Object3D} */ (bar.parent);
    const point = (/** @type {number} */ x) =>
      new Vector3(x, (min.y + max.y) / 2, (min.z + max.z) / 2).applyQuaternion(bar.quaternion).add(bar.position).applyMatrix4(parent.matrixWorld);
    return [point(min.x), point(max.x)];
  });
}

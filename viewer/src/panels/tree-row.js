/** One row of the layer tree. */

import { h, icon, iconButton } from "../page/dom.js";
import { safe, shapeText } from "../data/format.js";
import { paintCodes, sparkline } from "./charts.js";
import { glyphOf } from "./rows.js";

/** Height of a row in pixels. */
export const ROW = 28;

/**
 * @typedef {object} TreeTools
 * @property {(layer: import("../types.js").Layer, unit: number|null) => number[]|null} means
 * @property {(layer: import("../types.js").Layer, unit: number, step: number) => {codes: Uint8Array, palette: Uint8Array}|null} tile
 * @property {(layer: string) => void} fly
 * @property {(layer: string, unit: number|null) => void} select
 * @property {(layer: string) => void} toggleHidden
 * @property {(scope: string) => void} toggleBlock
 */

/**
 * @param {import("./rows.js").Row} row
 * @param {number} index of the row in the tree
 * @param {{step: number, active: number, state: import("../types.js").State, tools: TreeTools}} now
 */
export function renderRow(row, index, { step, active, state, tools }) {
  const { selection, hidden } = state;
  const selected = row.layer !== null && selection?.layer === row.layer.id && selection.unit === row.unit;
  const off = row.layer !== null && hidden.has(row.layer.id);
  const shape = shapeOf(row);
  return h(
    "div",
    {
      role: "treeitem", id: `row-${index}`, class: `row is-${row.kind}${index === active ? " is-active" : ""}${off ? " is-off" : ""}`,
      style: `top:${index * ROW}px;--depth:${row.depth}`, "aria-level": row.depth + 1, "aria-posinset": row.position, "aria-setsize": row.siblings,
      "aria-selected": String(selected), "aria-expanded": row.open === null ? null : String(row.open), "data-index": index,
      "aria-label": labelOf(row),
    },
    h("span", { class: "twist" }, row.open === null ? null : icon("twist")),
    glyph(row, step, tools),
    h("span", { class: "name", text: safe(row.name) }),
    " ",
    shape ? h("span", { class: "shape", text: shape }) : null,
    h("span", { class: "end" }, spark(row, step, tools), row.kind === "layer" && row.layer ? eye(row.layer, off, tools) : null, row.scope ? fold(row.scope, state, tools) : null),
  );
}

/** @param {import("./rows.js").Row} row */
const shapeOf = ({ kind, layer }) => (kind === "layer" && layer ? shapeText(layer.outputs[0]) : "");

/** @param {import("./rows.js").Row} row begins with what is seen: people say that to reach it */
function labelOf(row) {
  const seen = [safe(row.name), shapeOf(row)].filter(Boolean).join(" ");
  return row.layer && row.unit === null ? `${seen}, ${safe(row.layer.title)}` : seen;
}

/**
 * @param {import("./rows.js").Row} row
 * @param {number} step
 * @param {TreeTools} tools
 */
function glyph(row, step, tools) {
  if (row.kind === "scope") return icon("scope");
  const layer = /** @type {import("../types.js").Layer} */ (row.layer);
  const tile = row.unit === null ? null : tools.tile(layer, row.unit, step);
  if (!tile || !layer.tiles) return icon(glyphOf(layer));
  const canvas = h("canvas", { class: "thumb", "aria-hidden": "true" });
  paintCodes(canvas, tile.codes, { width: layer.tiles.width, height: layer.tiles.height, palette: tile.palette });
  return canvas;
}

/**
 * @param {import("./rows.js").Row} row
 * @param {number} step
 * @param {TreeTools} tools
 */
function spark(row, step, tools) {
  const values = row.layer && row.layer.mark !== "image" && !(row.layer.mark === "bars" && row.unit === null) ? tools.means(row.layer, row.unit) : null;
  return values ? sparkline(values, step) : null;
}

/**
 * @param {string} scope
 * @param {import("../types.js").State} state
 * @param {TreeTools} tools
 */
function fold(scope, { collapsed }, tools) {
  const folded = collapsed.has(scope);
  const press = (/** @type {Event} */ event) => {
    event.stopPropagation();
    tools.toggleBlock(scope);
  };
  return iconButton(folded ? "unfold" : "fold", `${folded ? "Unfold" : "Fold"} ${safe(scope)} in the scene`, press, { class: `icon-button eye${folded ? " is-on" : ""}`, tabindex: -1 });
}

/**
 * @param {import("../types.js").Layer} layer
 * @param {boolean} off
 * @param {TreeTools} tools
 */
function eye(layer, off, tools) {
  const press = (/** @type {Event} */ event) => {
    event.stopPropagation();
    tools.toggleHidden(layer.id);
  };
  return iconButton(off ? "eyeOff" : "eye", `${off ? "Show" : "Hide"} ${safe(layer.name)}`, press, { class: "icon-button eye", tabindex: -1 });
}

/** The value under the pointer, beside it. */

import { h, setText } from "../page/dom.js";
import { number, safe, shapeText } from "../data/format.js";
import { indexText, isWeights } from "../data/tensor-index.js";
import { cssColor } from "../data/palettes.js";
import { isAttention } from "../data/tokens.js";
import { unitWord } from "./rows.js";

/**
 * @typedef {import("../data/values.js").Reading} Reading
 */

/**
 * A reading in words: "≥ 4.654" where only the bound is known.
 * @param {Reading} reading
 */
export function readingText({ value, beyond }) {
  if (beyond === "not finite") return "not finite";
  const sign = { above: "≥ ", below: "≤ " }[/** @type {string} */ (beyond)] ?? "";
  return `${sign}${number(value)}`;
}

/**
 * Where a value stands: "row 22, column 12", the class, who reads whom, or the index in a tensor of weights.
 * @param {import("../types.js").Network} network
 * @param {import("../types.js").Layer} layer
 * @param {{unit: number|null, row: number, column: number}} place
 */
export function placeText(network, layer, { unit, row, column }) {
  if (unit === null) return "";
  if (layer.values?.tensor && layer.tiles) return indexText(layer.values.tensor, layer.tiles, { unit, row, column });
  if (layer.mark === "bars") return safe(network.data.classes[unit] ?? "");
  if (isAttention(layer)) return `token ${row} reads token ${column}`;
  return layer.tiles && layer.tiles.width * layer.tiles.height > 1 ? `row ${row}, column ${column}` : "";
}

/**
 * Its label, or the whole name of a tensor of weights.
 * @param {import("../types.js").Layer} layer
 */
function nameText(layer) {
  return safe(layer.values?.tensor?.name || layer.label);
}

/**
 * What of a layer is under the pointer; an index says it of weights, and a picture has no parts.
 * @param {import("../types.js").Layer} layer
 * @param {number|null} unit
 */
function partText(layer, unit) {
  if (unit === null) return safe(layer.title);
  return layer.mark === "image" || layer.values?.tensor ? "" : `${unitWord(layer)} ${unit}`;
}

/**
 * @param {import("../page/store.js").Store} store
 * @param {{reading: (layer: import("../types.js").Layer, place: import("../types.js").Hover) => Reading|null,
 *   palette: (layer: import("../types.js").Layer) => Uint8Array, moment: () => string, sides: (place: import("../types.js").Hover) => Sides|null}} tools
 *
 * @typedef {{a: Reading, b: Reading, text: string, palette: Uint8Array, change: number}} Sides change: share of half the range, -1..1
 */
export function createTooltip(store, tools) {
  const name = h("b");
  const part = h("span");
  const place = h("div", { class: "muted" });
  const swatch = h("i", { class: "swatch" });
  const value = h("strong");
  const row = h("div", { class: "value" }, swatch, value);
  const when = h("div", { class: "muted" });
  const pairs = [h("dd"), h("dd")];
  const sides = h("dl", { class: "pairs is-wide sides", hidden: true }, h("div", {}, h("dt", { text: "A" }), pairs[0]), h("div", {}, h("dt", { text: "B" }), pairs[1]));
  const element = h("div", { class: "tooltip", "aria-hidden": "true", hidden: true }, h("div", {}, name, " ", part), place, sides, row, when);

  function show() {
    const { hover, network } = store.state;
    const layer = hover && network?.byId.get(hover.layer);
    element.hidden = !layer;
    if (!layer || !hover || !network) return;
    const reading = hover.unit === null ? null : tools.reading(layer, hover);
    setText(name, nameText(layer));
    setText(part, partText(layer, hover.unit));
    setText(place, placeText(network, layer, hover) || (hover.unit === null ? shapeText(layer.outputs[0]) : ""));
    row.hidden = reading === null;
    when.hidden = reading === null || (isWeights(network) && network.steps.length < 2);
    const both = tools.sides(hover);
    sides.hidden = both === null;
    if (both) {
      row.hidden = when.hidden = false;
      setText(pairs[0], readingText(both.a));
      setText(pairs[1], readingText(both.b));
      const change = both.b.value - both.a.value;
      setText(value, Number.isNaN(change) ? "not finite" : `${change > 0 ? "+" : ""}${number(change)}`);
      setText(when, both.text);
      swatch.style.background = cssColor(both.palette, 127 + both.change * 127);
    } else if (reading) {
      setText(value, readingText(reading));
      setText(when, tools.moment());
      swatch.style.background = cssColor(tools.palette(layer), reading.code);
    }
    move(hover.x, hover.y);
  }

  /**
   * @param {number} x
   * @param {number} y
   */
  function move(x, y) {
    const { offsetWidth: width, offsetHeight: height } = element;
    const left = x + 18 + width > innerWidth - 8 ? x - 14 - width : x + 18;
    const top = Math.min(innerHeight - height - 8, Math.max(8, y + 14));
    element.style.transform = `translate(${Math.round(Math.max(8, left))}px, ${Math.round(top)}px)`;
  }

  store.on(["hover", "time", "probe", "decoded", "compare"], show);
  return { element };
}

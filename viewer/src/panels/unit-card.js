/** One channel large, or one unit, with the value under the cursor. */

import { h, setText } from "../page/dom.js";
import { number, percent } from "../data/format.js";
import { cssColor } from "../data/palettes.js";
import { readsText } from "../data/tokens.js";
import { rowsAt } from "../data/values.js";
import { summarize } from "../data/stats.js";
import { paintCodes } from "./charts.js";
import { section } from "./facts.js";
import { unitWord } from "./rows.js";
import { placeText, readingText } from "./tooltip.js";

/**
 * @param {import("../types.js").Network} network
 * @param {import("../types.js").Layer} layer
 * @param {number} unit
 * @param {import("../page/store.js").Store} store
 * @param {import("./details.js").DetailsTools} tools
 */
export function createUnitCard(network, layer, unit, store, tools) {
  if (!layer.tiles) return null;
  const tiles = layer.tiles;
  const map = tiles.width * tiles.height > 1;
  const canvas = h("canvas", { class: "large-map", width: 1, height: 1, "aria-hidden": "true" });
  const spot = h("i", { class: "spot", hidden: true });
  const swatch = h("i", { class: "swatch" });
  const value = h("strong", { class: "big-value" });
  const place = h("span", { class: "muted" });
  const facts = h("dl", { class: "pairs" });
  const reads = h("p", { class: "muted reads" });
  const element = section(
    `${unitWord(layer)[0].toUpperCase()}${unitWord(layer).slice(1)} ${unit}`, map ? "under the cursor" : "",
    h("div", { class: "unit-card" }, map ? h("div", { class: "map-box" }, canvas, spot) : null, h("div", {}, h("div", { class: "value" }, swatch, value), place, facts)),
    reads,
  );
  const { selection } = store.state;
  let at = { row: selection?.row ?? Math.floor(tiles.height / 2), column: selection?.column ?? Math.floor(tiles.width / 2) };

  canvas.addEventListener("pointermove", (event) => {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    const inside = (/** @type {number} */ share, /** @type {number} */ size) => Math.min(size - 1, Math.max(0, Math.floor(share * size)));
    const row = inside((event.clientY - top) / height, tiles.height);
    const column = inside((event.clientX - left) / width, tiles.width);
    store.set({ hover: { layer: layer.id, unit, row, column, x: event.clientX, y: event.clientY } });
  });
  canvas.addEventListener("pointerleave", () => store.set({ hover: null }));

  /** @param {number} step */
  function show(step) {
    const { hover, probe } = store.state;
    if (hover?.layer === layer.id && hover.unit === unit) at = { row: hover.row, column: hover.column };
    const palette = tools.palette(layer);
    const what = { step, probe, unit };
    const codes = tools.values.codes(layer, what);
    const numbers = tools.values.tile(layer, what);
    const reading = tools.values.read(layer, { ...what, ...at });
    if (!codes || !numbers || !reading) return;
    if (map) paintCodes(canvas, codes, { width: tiles.width, height: tiles.height, palette });
    spot.hidden = !map;
    spot.style.cssText = `left:${(100 * at.column) / tiles.width}%;top:${(100 * at.row) / tiles.height}%;width:${100 / tiles.width}%;height:${100 / tiles.height}%`;
    swatch.style.background = cssColor(palette, reading.code);
    setText(value, readingText(reading));
    setText(place, placeText(network, layer, { unit, ...at }));
    setText(reads, readsText(layer, { unit, row: at.row }, rowsAt(tools.values, { step, probe })));
    if (map) showFacts(numbers);
  }

  /** @param {Float64Array} numbers */
  function showFacts(numbers) {
    const { mean, maximum, minimum, zeros, count } = summarize(numbers);
    /** @type {[string, string][]} */
    const pairs = [["mean", number(mean)], ["max", number(maximum)], minimum < 0 ? ["min", number(minimum)] : ["zero", percent(zeros / (count || 1), 0)]];
    facts.replaceChildren(...pairs.map(([key, text]) => h("div", {}, h("dt", { text: key }), h("dd", { text }))));
  }

  return { element, show };
}

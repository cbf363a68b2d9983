/** The contact sheet: every channel of a layer, small; or all its units as one mosaic. */

import { h } from "../page/dom.js";
import { count } from "../data/format.js";
import { paintCodes } from "./charts.js";
import { section } from "./facts.js";
import { unitWord } from "./rows.js";

/** More channels than this are shown by the tree and the scene only. */
const MOST = 1024;

/**
 * @param {import("../types.js").Layer} layer
 * @param {number|null} chosen
 * @param {import("../page/store.js").Store} store
 * @param {import("./details.js").DetailsTools} tools
 * @param {number} [most] channels to show
 */
export function createSheet(layer, chosen, store, tools, most = MOST) {
  const { tiles } = layer;
  if (!tiles || layer.mark === "image") return null;
  const shown = Math.min(tiles.count, most);
  const single = tiles.width * tiles.height === 1;
  const canvases = Array.from({ length: shown }, () => h("canvas", { width: 1, height: 1, "aria-hidden": "true" }));
  const word = unitWord(layer);
  const buttons = canvases.map((canvas, unit) =>
    h("button", { type: "button", class: unit === chosen ? "is-chosen" : "", tabindex: unit === (chosen ?? 0) ? 0 : -1, "aria-label": `${word} ${unit}`, "aria-pressed": String(unit === chosen), onclick: () => tools.select(layer.id, unit) }, canvas),
  );
  const plural = word === "class" ? "classes" : `${word}s`;
  const head = shown < tiles.count ? `first ${count(shown)}` : "";
  const grid = h("div", { class: `sheet${single ? " is-units" : ""}`, role: "group", "aria-label": plural }, ...buttons);
  grid.addEventListener("keydown", (event) => moveFocus(event, buttons));
  const element = section(`${count(tiles.count)} ${tiles.count === 1 ? word : plural}`, head, grid);

  return {
    element,
    /** @param {number} step */
    show(step) {
      const palette = tools.palette(layer);
      canvases.forEach((canvas, unit) => {
        const codes = tools.values.codes(layer, { step, probe: store.state.probe, unit });
        if (codes) paintCodes(canvas, codes, { width: tiles.width, height: tiles.height, palette });
      });
    },
  };
}

/**
 * @param {KeyboardEvent} event
 * @param {HTMLElement[]} buttons
 */
function moveFocus(event, buttons) {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  const at = buttons.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  if (!step || at < 0) return;
  event.preventDefault();
  event.stopPropagation();
  buttons[Math.min(buttons.length - 1, Math.max(0, at + step))].focus();
}

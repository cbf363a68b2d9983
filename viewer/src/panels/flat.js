/** The network where the browser cannot draw in 3D: its layers in order, with the values of the moment. */

import { h, icon } from "../page/dom.js";
import { safe, shapeText } from "../data/format.js";
import { paintCodes } from "./charts.js";
import { createSheet } from "./sheet.js";

/** Channels shown of a layer; its details show more. */
const MOST = 48;

/**
 * @param {import("../page/store.js").Store} store
 * @param {{tools: () => import("./details.js").DetailsTools|null, step: () => number}} from
 */
export function createFlat(store, { tools, step }) {
  const list = h("ol", { class: "flat-layers" });
  const note = h("p", { class: "note" }, icon("info", "small"), h("span", { text: "This browser cannot draw in 3D: WebGL 2 is switched off or missing. The layers and their values stand here instead; hardware acceleration in its settings, or another browser, shows the scene." }));
  const element = h("div", { class: "flat", tabindex: 0, role: "region", "aria-label": "Layers and their values" }, note, list);
  /** @type {((step: number) => void)[]} */
  let live = [];
  let shown = "";

  function build() {
    const { network, view } = store.state;
    const found = view === "ready" ? tools() : null;
    element.hidden = !found || !network;
    live = [];
    const layers = found && network ? network.layers.filter(({ mark }) => mark !== "folded") : [];
    list.replaceChildren(...layers.map((layer) => (found ? item(layer, found) : "")));
    shown = "";
    show();
  }

  /**
   * @param {import("../types.js").Layer} layer
   * @param {import("./details.js").DetailsTools} found
   */
  function item(layer, found) {
    const sheet = layer.mark === "image" ? picture(layer, found) : createSheet(layer, null, store, found, MOST);
    if (sheet) live.push(sheet.show);
    const name = h("button", { type: "button", text: safe(layer.label), onclick: () => found.select(layer.id, null) });
    return h("li", { class: "card" }, h("h3", {}, name, h("span", { class: "muted", text: [safe(layer.title || layer.op), shapeText(layer.outputs[0])].filter(Boolean).join(" · ") })), sheet?.element ?? null);
  }

  /**
   * @param {import("../types.js").Layer} layer
   * @param {import("./details.js").DetailsTools} found
   */
  function picture(layer, found) {
    const canvas = h("canvas", { class: "large-map", width: 1, height: 1, "aria-hidden": "true" });
    return {
      element: canvas,
      /** @param {number} at */
      show(at) {
        const codes = found.values.codes(layer, { step: at, probe: store.state.probe, unit: 0 });
        if (codes && layer.tiles) paintCodes(canvas, codes, { ...layer.tiles, palette: found.palette(layer) });
      },
    };
  }

  function show() {
    const { probe, decoded, theme, map } = store.state;
    const now = [step(), probe, decoded, theme, map].join(" ");
    if (now === shown) return;
    shown = now;
    for (const run of live) run(step());
  }

  store.on(["network", "view"], build);
  store.on(["time", "probe", "decoded", "theme", "map", "clip"], show);
  return { element };
}

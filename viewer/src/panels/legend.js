/** What the colours mean, in numbers, with a mark at the value under the pointer. */

import { h, radioGroup, setText } from "../page/dom.js";
import { safe, short } from "../data/format.js";
import { commonRange } from "../scene/drawing.js";

/**
 * @param {import("../page/store.js").Store} store
 * @param {{reading: () => import("../data/values.js").Reading|null, palette: (layer: import("../types.js").Layer) => Uint8Array, difference: () => Uint8Array}} tools
 */
export function createLegend(store, tools) {
  const name = h("b");
  const quantity = h("span");
  const range = radioGroup("Colour range", [{ value: /** @type {"layer"|"global"} */ ("layer"), text: "Layer" }, { value: /** @type {"layer"|"global"} */ ("global"), text: "Global" }], (value) => store.set({ range: value }));
  const canvas = h("canvas", { width: 255, height: 1, "aria-hidden": "true" });
  const mark = h("i", { class: "legend-mark", hidden: true });
  const ends = [h("span"), h("span"), h("span")];
  const element = h(
    "div",
    { class: "legend", "data-blocks": true },
    h("header", {}, h("span", { class: "muted" }, name, quantity), range.element),
    h("div", { class: "scale" }, canvas, mark),
    h("div", { class: "ends" }, ...ends),
  );

  /** @returns {import("../types.js").Layer|null} hovered, selected, or the first with activations */
  function subject() {
    const { network, hover, selection } = store.state;
    const find = (/** @type {string|undefined} */ id) => {
      const layer = id === undefined ? undefined : network?.byId.get(id);
      return layer?.values ? layer : undefined;
    };
    return find(hover?.layer) ?? find(selection?.layer) ?? network?.layers.find((layer) => layer.values && layer.mark !== "image") ?? null;
  }

  function show() {
    const { network, range: kind } = store.state;
    const layer = subject();
    element.hidden = !layer?.values;
    if (!layer?.values || !network) return;
    const own = layer.mark === "image" || layer.mark === "bars";
    const common = kind === "global" && !own ? commonRange(network) : null;
    if (store.state.compare?.show === "difference" && !own) return showDifference(layer, layer.values);
    range.element.hidden = false;
    const { low, high, above, below } = common ? spread(layer, common) : layer.values;
    setText(name, common ? "all layers" : safe(layer.label));
    setText(quantity, ` · ${safe(layer.values.quantity)}`);
    range.show(kind);
    paint(tools.palette(layer));
    showEnds({ low, high, above, below });
  }

  /** @param {{low: number, high: number, above: number, below: number}} shown */
  function showEnds({ low, high, above, below }) {
    setText(ends[0], below ? `≤ ${short(low)}` : short(low));
    setText(ends[1], short((low + high) / 2));
    setText(ends[2], above ? `≥ ${short(high)}` : short(high));
    const reading = tools.reading();
    mark.hidden = !reading || Number.isNaN(reading.value);
    if (reading) mark.style.left = `${100 * Math.min(1, Math.max(0, (reading.value - low) / (high - low || 1)))}%`;
  }

  /**
   * @param {import("../types.js").Layer} layer
   * @param {import("../types.js").ValueRange} values
   */
  function showDifference(layer, { low, high }) {
    range.element.hidden = true;
    setText(name, safe(layer.label));
    setText(quantity, " · B minus A");
    paint(tools.difference());
    setText(ends[0], `≤ ${short((low - high) / 2)}`);
    setText(ends[1], "0");
    setText(ends[2], `≥ +${short((high - low) / 2)}`);
    mark.hidden = true;
  }

  /** @param {Uint8Array} palette */
  function paint(palette) {
    const context = canvas.getContext("2d");
    if (!context) return;
    const picture = context.createImageData(255, 1);
    for (let code = 0; code < 255; code++) picture.data.set([palette[3 * code], palette[3 * code + 1], palette[3 * code + 2], 255], 4 * code);
    context.putImageData(picture, 0, 0);
  }

  store.on(["network", "hover", "selection", "range", "theme", "time", "probe", "decoded", "compare", "map"], show);
  return { element };
}

/**
 * The common range as one layer uses it: a two-sided layer has it on both sides of zero.
 * @param {import("../types.js").Layer} layer
 * @param {{low: number, high: number}} common
 */
function spread(layer, common) {
  const size = Math.max(common.high, -common.low);
  const low = (layer.values?.low ?? 0) < 0 ? -size : 0;
  return { low, high: low < 0 ? size : common.high, above: 0, below: 0 };
}

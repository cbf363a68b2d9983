/** Sections of the details that follow the clock: the curve over training and the histogram. */

import { h, setText } from "../page/dom.js";
import { count, number, short } from "../data/format.js";
import { histogram } from "../data/stats.js";
import { histogramChart, trainingCurve } from "./charts.js";
import { section } from "./facts.js";
import { unitWord } from "./rows.js";

const BINS = 32;

/**
 * @param {import("../types.js").Network} network
 * @param {import("../types.js").Layer} layer
 * @param {number|null} unit
 * @param {import("./details.js").DetailsTools} tools
 */
export function curveSection(network, layer, unit, tools) {
  if (!layer.tiles || layer.tiles.origins.length < 2) return null;
  const chart = h("div");
  const now = h("span");
  const [first, last] = [network.steps[0].epoch, network.steps[network.steps.length - 1].epoch];
  const single = layer.tiles.width * layer.tiles.height === 1 && unit !== null;
  const element = section(
    single ? "Over training" : "Mean over training", unit === null ? "layer" : `${unitWord(layer)} ${unit}`, chart,
    h("div", { class: "chart-ends" }, h("span", { text: `epoch ${first}` }), now, h("span", { text: String(last) })),
  );
  return {
    element,
    /** @param {number} step */
    show(step) {
      const values = tools.means(layer, unit);
      if (!values) return;
      chart.replaceChildren(trainingCurve(values, step));
      setText(now, `${number(values[step])} now`);
    },
  };
}

/**
 * @param {import("../types.js").Layer} layer
 * @param {import("../page/store.js").Store} store
 * @param {import("./details.js").DetailsTools} tools
 */
export function histogramSection(layer, store, tools) {
  const { tiles, values } = layer;
  if (!tiles || !values) return null;
  const chart = h("div");
  const total = tiles.count * tiles.width * tiles.height;
  const element = section(
    "Values", `${count(total)} in the layer`, chart,
    h("div", { class: "chart-ends" }, h("span", { text: short(values.low) }), h("span", { text: short((values.low + values.high) / 2) }), h("span", { text: short(values.high) })),
  );
  return {
    element,
    /** @param {number} step */
    show(step) {
      const { probe, hover } = store.state;
      const counts = histogram(tools.values, layer, { step, probe, bins: BINS });
      const over = hover?.layer === layer.id && hover.unit !== null ? tools.values.read(layer, { step, probe, unit: hover.unit, row: hover.row, column: hover.column }) : null;
      const mark = over && over.code < 255 ? (over.value - values.low) / (values.high - values.low || 1) : null;
      chart.replaceChildren(histogramChart(counts, { palette: tools.palette(layer), mark }));
    },
  };
}

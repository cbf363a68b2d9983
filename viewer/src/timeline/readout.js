/** The epoch and its metrics, in figures. */

import { h, setText } from "../page/dom.js";
import { number, percent, safe } from "../data/format.js";
import { curvesOf, metricName } from "./axes.js";
import { epochText, metricAt, momentAt } from "./moment.js";

/** @param {import("../page/store.js").Store} store */
export function createReadout(store) {
  const epoch = h("b");
  const of = h("span");
  const metrics = h("dl");
  const element = h("div", { class: "readout" }, h("div", { class: "epoch" }, epoch, " ", of), metrics);
  /** @type {{curve: import("./axes.js").Curve, value: HTMLElement}[]} */
  let rows = [];

  function build() {
    const { network } = store.state;
    rows = (network ? curvesOf(network) : []).map((curve) => ({ curve, value: h("dd") }));
    metrics.replaceChildren(
      ...rows.map(({ curve, value }) => h("div", { class: curve.kind }, h("dt", { text: safe(metricName(curve.name)) }), value)),
    );
    show();
  }

  function show() {
    const { network, clip, time, duration, stepped } = store.state;
    if (!network) {
      setText(epoch, duration ? `${time.toFixed(1)} s` : "");
      setText(of, duration ? `of ${duration.toFixed(1)}` : "");
      return;
    }
    const step = clip === "forward" ? network.steps.length - 1 : momentAt(network.steps, time).step;
    const last = network.steps[network.steps.length - 1].epoch;
    const { compare } = store.state;
    const from = compare?.kind === "epochs" && clip === "epochs" ? momentAt(network.steps, compare.time).step : null;
    if (from !== null) {
      setText(epoch, `epoch ${network.steps[from].epoch} → ${network.steps[step].epoch}`);
      setText(of, "");
      for (const { curve, value } of rows) setText(value, changeText(curve, from, step));
      return;
    }
    const at = clip === "forward" ? network.steps[step].time : time;
    const now = epochText(network.steps, at, stepped);
    setText(epoch, clip === "forward" ? "forward pass" : `epoch ${now.epoch}`);
    setText(of, clip === "forward" ? `epoch ${last}` : now.between || `of ${last}`);
    for (const { curve, value } of rows) setText(value, sizeText(curve, metricAt(curve.values, network.steps, at, stepped)));
  }

  store.on(["network", "clip"], build);
  store.on(["time", "duration", "compare", "stepped"], show);
  return { element };
}

/**
 * @param {import("./axes.js").Curve} curve
 * @param {{value: number|null, measured: boolean}} now
 */
function sizeText({ kind }, { value, measured }) {
  if (value === null) return "–";
  return `${measured ? "" : "≈ "}${kind === "accuracy" ? percent(value, 2) : number(value)}`;
}

/**
 * @param {import("./axes.js").Curve} curve
 * @param {number} from
 * @param {number} to steps
 */
function changeText({ kind, values }, from, to) {
  const [a, b] = [values[from], values[to]];
  if (a === null || b === null) return "–";
  const sign = b > a ? "+" : "";
  return kind === "accuracy" ? `${sign}${((b - a) * 100).toFixed(2).replace("-", "−")} points` : `${sign}${number(b - a)}`;
}

/** Everything about the selected layer or unit. */

import { h, iconButton, setText } from "../page/dom.js";
import { safe } from "../data/format.js";
import { momentAt } from "../timeline/moment.js";
import { aboutSection, attributesSection, linksSection, tensorsSection } from "./facts.js";
import { createSheet } from "./sheet.js";
import { createUnitCard } from "./unit-card.js";
import { idleSection } from "./idle.js";
import { curveSection, histogramSection } from "./sections.js";

/**
 * @typedef {object} DetailsTools
 * @property {import("../data/values.js").Values} values
 * @property {(layer: import("../types.js").Layer) => Uint8Array} palette
 * @property {(layer: import("../types.js").Layer, unit: number|null) => number[]|null} means
 * @property {(layer: string) => void} frame
 * @property {(layer: string) => void} isolate
 * @property {(layer: string) => void} toggleHidden
 * @property {(layer: string, unit: number|null) => void} select
 * @property {() => void} close
 */

/**
 * @param {import("../page/store.js").Store} store
 * @param {() => DetailsTools|null} toolsOf null while no network is open
 */
export function createDetails(store, toolsOf) {
  const title = h("h2");
  const head = h("header");
  const body = h("div", { class: "details-body", tabindex: 0, role: "group", "aria-label": "Values and attributes" });
  const element = h("aside", { class: "details", "aria-label": "Details", hidden: true }, head, body);
  /** @type {((step: number) => void)[]} */
  let live = [];
  let shownStep = -1;

  function build() {
    const { network, selection } = store.state;
    const layer = selection && network?.byId.get(selection.layer);
    const tools = toolsOf();
    element.hidden = !layer || !tools;
    live = [];
    if (!layer || !tools || !network || !selection) {
      body.replaceChildren();
      return;
    }
    setText(title, safe(layer.label));
    head.replaceChildren(title, buttons(layer, tools), aboutSection(layer));
    const sheet = createSheet(layer, selection.unit, store, tools);
    const card = selection.unit === null ? null : createUnitCard(network, layer, selection.unit, store, tools);
    const curve = selection.unit === null ? null : curveSection(network, layer, selection.unit, tools);
    const whole = curveSection(network, layer, null, tools);
    const idle = idleSection(network, layer, tools);
    const histogram = histogramSection(layer, store, tools);
    live = [sheet, card, curve, whole, histogram, idle].flatMap((part) => (part ? [part.show] : []));
    const parts = [sheet?.element, card?.element, curve?.element, whole?.element, histogram?.element, idle?.element, attributesSection(layer), tensorsSection(layer), linksSection(network, layer, tools)];
    body.replaceChildren(...parts.filter((part) => part != null));
    refresh();
  }

  /**
   * @param {import("../types.js").Layer} layer
   * @param {DetailsTools} tools
   */
  function buttons(layer, tools) {
    const hidden = store.state.hidden.has(layer.id);
    const isolated = store.state.isolated === layer.id;
    return h(
      "div",
      { class: "details-buttons" },
      iconButton("frame", "Frame this layer (F)", () => tools.frame(layer.id)),
      iconButton("isolate", "Isolate this layer (/)", () => tools.isolate(layer.id), { "aria-pressed": String(isolated) }),
      iconButton(hidden ? "eyeOff" : "eye", hidden ? "Show this layer" : "Hide this layer (H)", () => tools.toggleHidden(layer.id), { "aria-pressed": String(hidden) }),
      iconButton("close", "Close details (Esc)", () => tools.close()),
    );
  }

  function stepNow() {
    const { network, clip, time } = store.state;
    if (!network) return 0;
    return clip === "forward" ? network.steps.length - 1 : momentAt(network.steps, time).step;
  }

  function refresh() {
    shownStep = stepNow();
    for (const show of live) show(shownStep);
  }

  store.on(["network", "selection", "hidden", "isolated"], build);
  store.on(["probe", "theme", "decoded", "hover", "map"], refresh);
  store.on(["time", "clip"], () => stepNow() !== shownStep && refresh());
  return { element };
}

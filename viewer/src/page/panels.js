/** The panels around and over the stage, with the values they show. */

import { createCompare, sidesOf } from "../panels/compare.js";
import { createChips } from "../panels/chips.js";
import { createFlat } from "../panels/flat.js";
import { createDetails } from "../panels/details.js";
import { createLegend } from "../panels/legend.js";
import { createProbes } from "../panels/probes.js";
import { createTooltip } from "../panels/tooltip.js";
import { createTree } from "../panels/tree.js";
import { glyphOf } from "../panels/rows.js";
import { count, safe } from "../data/format.js";
import { momentAt } from "../timeline/moment.js";
import { h, icon, setText } from "./dom.js";

/**
 * @param {import("./store.js").Store} store
 * @param {() => import("./show.js").Opened|null} opened
 * @param {import("./actions.js").Act} act
 * @param {{second: () => import("./show.js").Opened|null, openSecond: () => void}} more
 */
export function createPanels(store, opened, act, more) {
  const step = () => {
    const { network, clip, time } = store.state;
    if (!network) return 0;
    return clip === "forward" ? network.steps.length - 1 : momentAt(network.steps, time).step;
  };
  /** @param {import("../types.js").Layer} layer */
  const palette = (layer) => opened()?.palettes.of(layer, store.state.theme) ?? new Uint8Array(768);
  /** @param {import("../types.js").Layer} layer @param {number|null} unit */
  const means = (layer, unit) => opened()?.means(layer, { probe: store.state.probe, unit }) ?? null;
  /** @param {import("../types.js").Layer} layer @param {{unit: number|null, row: number, column: number}} place */
  const reading = (layer, { unit, row, column }) => (unit === null ? null : (opened()?.values.read(layer, { step: step(), probe: store.state.probe, unit, row, column }) ?? null));

  /** @param {import("../types.js").Hover} place both readings of a comparison, and their difference */
  function sides({ layer: id, unit, row, column }) {
    const found = sidesOf(store.state, opened(), more.second());
    const [layer, other] = [found?.a.open.network.byId.get(id), found?.b.open.network.byId.get(id)];
    if (!found || !layer?.values || !other || unit === null) return null;
    const place = { unit, row, column };
    const a = found.a.open.values.read(layer, { ...place, step: found.a.moment.step, probe: found.a.moment.probe });
    const b = found.b.open.values.read(other, { ...place, step: found.b.moment.step, probe: found.b.moment.probe });
    if (!a || !b) return null;
    return { a, b, text: "B minus A", palette: found.a.open.palettes.difference(store.state.theme), change: (2 * (b.value - a.value)) / (layer.values.high - layer.values.low || 1) };
  }

  const tree = createTree(store, {
    means,
    tile(layer, unit, at) {
      const codes = opened()?.values.codes(layer, { step: at, probe: store.state.probe, unit });
      return codes ? { codes, palette: palette(layer) } : null;
    },
    fly: act.frame,
    select: act.select,
    toggleHidden: act.toggleHidden,
    toggleBlock: act.toggleBlock,
  });
  const compare = createCompare(store, { main: opened, second: more.second, swap: act.swap, close: () => store.set({ compare: null }), openSecond: more.openSecond });
  const tools = () => {
    const open = opened();
    return open && { values: open.values, palette, means, frame: act.frame, isolate: act.isolate, toggleHidden: act.toggleHidden, select: act.select, close: () => store.set({ selection: null }) };
  };
  const details = createDetails(store, tools);
  const tooltip = createTooltip(store, { reading, palette, moment: () => momentText(store.state, step()), sides });
  const probes = createProbes(store, {
    page: (index) => /** @type {import("./show.js").Opened} */ (opened()).pages.load(index),
    palette: (name) => opened()?.palettes.named(name, store.state.theme) ?? null,
    choose: act.probe,
    toggleForward: act.toggleForward,
  });
  const legend = createLegend(store, {
    palette,
    difference: () => opened()?.palettes.difference(store.state.theme) ?? new Uint8Array(768),
    reading() {
      const { hover, network } = store.state;
      const layer = hover && network?.byId.get(hover.layer);
      return layer && hover ? reading(layer, hover) : null;
    },
  });
  const chips = createChips(store, { frame: act.frame });
  const title = createTitle(store);
  return {
    tree: tree.element,
    details: details.element,
    /** What stands on the stage of a browser without WebGL. */
    flat: () => createFlat(store, { tools, step }).element,
    tooltip: tooltip.element,
    title: title.element,
    compare,
    overlay: h("div", { class: "overlay" }, chips.element, createHead(store, act), h("div", { class: "stage-foot" }, probes.element, legend.element)),
    /** @param {string} id */
    glyph: (id) => {
      const layer = store.state.network?.byId.get(id);
      return layer ? glyphOf(layer) : "block";
    },
  };
}

/**
 * @param {import("../types.js").State} state
 * @param {number} step
 */
function momentText({ network, probe }, step) {
  if (!network) return "";
  return [`epoch ${network.steps[step].epoch}`, network.probes[probe] && safe(network.probes[probe].name)].filter(Boolean).join(" · ");
}

/**
 * The line over the scene: what was left out, and where to look from.
 * @param {import("./store.js").Store} store
 * @param {import("./actions.js").Act} act
 */
function createHead(store, act) {
  const text = h("span");
  const note = h("div", { class: "note" }, icon("info", "small"), text);
  const views = h(
    "div",
    { class: "views", role: "group", "aria-label": "View" },
    ...[["Fit", () => act.frameAll()], ["Front", () => act.look("front")], ["Side", () => act.look("side")], ["Top", () => act.look("top")]].map(([name, run]) =>
      h("button", { type: "button", text: /** @type {string} */ (name), onclick: /** @type {() => void} */ (run) }),
    ),
  );
  store.on(["network", "view", "notice"], ({ network, view, notice }) => {
    const edges = network?.edges ?? [];
    const [drawn, total] = [edges.reduce((sum, edge) => sum + edge.drawn, 0), edges.reduce((sum, edge) => sum + edge.total, 0)];
    const parts = network
      ? [total > drawn ? `${count(drawn)}${edges.some((edge) => /weight/.test(edge.rank) && edge.total > edge.drawn) ? " strongest" : ""} of ${count(total)} connections` : "", { random: "random weights", none: "sizes only" }[network.model.weights] ?? "", ...network.reductions]
      : [notice || "Plain glTF: no recorded values in this file"];
    const sentences = parts.filter(Boolean).map(safe);
    setText(text, sentences.slice(0, 2).join(" · ") + (sentences.length > 2 ? ` · ${sentences.length - 2} more` : ""));
    note.title = [...sentences, ...(network?.report ?? []).map(safe)].join("\n");
    note.hidden = view !== "ready" || sentences.length === 0;
  });
  return h("div", { class: "stage-head", "data-blocks": true }, note, views);
}

/** @param {import("./store.js").Store} store the network's name where the bar is gone */
function createTitle(store) {
  const name = h("b");
  const about = h("span");
  store.on(["network", "file"], ({ network, file }) => {
    setText(name, safe(network ? network.title || network.model.name : (file?.name ?? "")));
    setText(about, network ? [safe(network.data.name), `${count(network.model.parameters)} parameters`].filter(Boolean).join(" · ") : "");
  });
  return { element: h("div", {}, name, about) };
}

/** Two panes: what each shows, how they are compared, and how much every layer changed. */

import { h, iconButton, radioGroup, setText } from "../page/dom.js";
import { percent, safe } from "../data/format.js";
import { meanChange } from "../data/stats.js";
import { momentAt } from "../timeline/moment.js";
import { momentOf, onClockOf } from "../scene/panes.js";

/**
 * @typedef {import("../types.js").State} State
 * @typedef {import("../types.js").Network} Network
 * @typedef {import("../page/show.js").Opened} Opened
 */

/**
 * What the two panes show: the first file and the second, which may be the same.
 * @param {State} state
 * @param {Opened|null} main
 * @param {Opened|null} second
 */
export function sidesOf(state, main, second) {
  if (!state.compare || !main) return null;
  const other = state.compare.kind === "files" ? second : main;
  if (!other) return null;
  const b = onClockOf(state, main.network, other.network);
  return {
    a: { open: main, moment: momentOf(state, main.network, "A") },
    b: { open: other, moment: momentOf(b, other.network, "B") },
  };
}

/**
 * @param {import("../page/store.js").Store} store
 * @param {{main: () => Opened|null, second: () => Opened|null, swap: () => void, close: () => void, openSecond: () => void}} tools
 */
export function createCompare(store, tools) {
  const kind = radioGroup("Compare", [{ value: /** @type {const} */ ("epochs"), text: "Epochs" }, { value: /** @type {const} */ ("probes"), text: "Probes" }, { value: /** @type {const} */ ("files"), text: "Files" }], choose);
  const show = radioGroup("Right pane", [{ value: /** @type {const} */ ("values"), text: "Values" }, { value: /** @type {const} */ ("difference"), text: "B − A", label: "Difference, B minus A" }], (value) => patch({ show: value }));
  const select = h("select", { "aria-label": "What A shows", onchange: () => pick(Number(select.value)) });
  const facts = [h("span", { class: "muted" }), h("span", { class: "muted" })];
  const name = h("b");
  const second = h("button", { type: "button", class: "text-button", text: "Open the second file", onclick: tools.openSecond });
  const head = (/** @type {string} */ letter, /** @type {...(Node|null)} */ ...children) => h("header", { class: `pane-head is-${letter}`, "data-blocks": true }, h("i", { class: "pane-badge", text: letter.toUpperCase() }), ...children);
  const a = head("a", select, second, facts[0], h("span", { class: "fill" }), kind.element, iconButton("swap", "Swap A and B (X)", tools.swap), iconButton("close", "End the comparison (C)", tools.close));
  const b = head("b", name, facts[1], h("span", { class: "fill" }), show.element);
  const list = h("dl", { class: "changes", "aria-label": "Mean change, share of each range" });

  /** @param {Partial<import("../types.js").Compare>} change */
  function patch(change) {
    const { compare } = store.state;
    if (compare) store.set({ compare: { ...compare, ...change } });
  }

  /** @param {"epochs"|"probes"|"files"} value */
  function choose(value) {
    patch({ kind: value });
    if (value === "files" && !store.state.other) tools.openSecond();
  }

  /** @param {number} index */
  function pick(index) {
    const { network, compare } = store.state;
    if (compare?.kind === "probes") patch({ probe: index });
    else if (network) patch({ time: network.steps[index].time });
  }

  function build() {
    const { network, compare } = store.state;
    if (!network || !compare) return;
    const options = compare.kind === "probes" ? network.probes.map((probe, index) => safe(probe.name) || `probe ${index}`) : network.steps.map((step) => `epoch ${step.epoch}`);
    select.replaceChildren(...options.map((text, index) => h("option", { value: index, text })));
    select.hidden = compare.kind === "files" || network.probes.length === 0 && compare.kind === "probes";
    second.hidden = compare.kind !== "files";
    setText(second, store.state.other ? safe(store.state.other) : "Open the second file");
    refresh();
  }

  function refresh() {
    const { network, compare } = store.state;
    const sides = sidesOf(store.state, tools.main(), tools.second());
    if (!network || !compare) return;
    kind.show(compare.kind);
    show.show(compare.show);
    const index = compare.kind === "probes" ? compare.probe : momentAt(network.steps, compare.time).step;
    if (select.value !== String(index)) select.value = String(index);
    if (!sides) return;
    setText(facts[0], describe(sides.a, compare.kind !== "epochs"));
    setText(facts[1], describe(sides.b, compare.kind === "probes"));
    setText(name, compare.kind === "files" ? safe(store.state.other) : compare.kind === "probes" ? safe(network.probes[sides.b.moment.probe]?.name) : `epoch ${network.steps[sides.b.moment.step].epoch}`);
    showChanges(sides);
  }

  /** @param {NonNullable<ReturnType<typeof sidesOf>>} sides */
  function showChanges({ a: from, b: to }) {
    const rows = from.open.network.layers.flatMap((layer) => {
      const other = to.open.network.byId.get(layer.id);
      const share = other && layer.mark !== "image" ? meanChange({ values: from.open.values, layer, ...from.moment }, { values: to.open.values, layer: other, ...to.moment }) : null;
      return share === null ? [] : [{ name: safe(layer.label), share }];
    });
    const most = Math.max(...rows.map((row) => row.share), 1e-9);
    list.replaceChildren(
      ...rows.slice(0, 16).map(({ name: text, share }) => h("div", {}, h("dt", { text }), h("dd", {}, h("i", { style: `width:${((64 * share) / most).toFixed(1)}px` }), h("span", { text: percent(share) })))),
    );
  }

  store.on(["network", "compare", "other"], build);
  store.on(["time", "probe", "decoded", "clip"], () => store.state.compare && refresh());
  return { a, b, list };
}

/**
 * @param {{open: Opened, moment: {step: number, probe: number}}} side
 * @param {boolean} withEpoch
 */
function describe({ open, moment }, withEpoch) {
  const { steps, data } = open.network;
  const { epoch, metrics } = steps[moment.step];
  const accuracy = data.accuracy === null ? undefined : metrics[data.accuracy];
  return [withEpoch ? `epoch ${epoch}` : "", accuracy === undefined ? "" : percent(accuracy, 2)].filter(Boolean).join(" · ");
}

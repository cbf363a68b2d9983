/** The layer tree: only the rows on screen exist, the keyboard moves an active row. */

import { isWeights } from "../data/tensor-index.js";
import { h, setText } from "../page/dom.js";
import { count } from "../data/format.js";
import { momentAt } from "../timeline/moment.js";
import { keysAbove, openAtFirst, treeRows } from "./rows.js";
import { createTreeKeys } from "./tree-keys.js";
import { renderRow, ROW } from "./tree-row.js";

/** @typedef {import("./tree-row.js").TreeTools} TreeTools */

/**
 * @param {import("../page/store.js").Store} store
 * @param {TreeTools} tools
 */
export function createTree(store, tools) {
  const space = h("div", { class: "tree-space", role: "presentation" });
  const list = h("div", { class: "tree-rows", role: "tree", tabindex: 0, "aria-label": "Layers" }, space);
  const foot = h("div", { class: "panel-foot" });
  const note = h("span", { class: "muted" });
  const element = h("aside", { class: "tree", "aria-label": "Layers" }, h("header", {}, h("h2", { text: "Layers" }), note), list, foot);
  /** @type {Set<string>} */
  let open = new Set();
  /** @type {import("./rows.js").Row[]} */
  let rows = [];
  let active = 0;

  function rebuild() {
    const { network } = store.state;
    rows = network ? treeRows(network, open) : [];
    active = Math.min(active, Math.max(0, rows.length - 1));
    space.style.height = `${rows.length * ROW}px`;
    render();
  }

  function render() {
    const first = Math.max(0, Math.floor(list.scrollTop / ROW) - 6);
    const last = Math.min(rows.length, Math.ceil((list.scrollTop + (list.clientHeight || 800)) / ROW) + 6);
    const step = stepNow();
    space.replaceChildren(...rows.slice(first, last).map((row, offset) => renderRow(row, first + offset, { step, active, state: store.state, tools })));
    list.setAttribute("aria-activedescendant", rows.length ? `row-${active}` : "");
  }

  function stepNow() {
    const { network, time, clip } = store.state;
    if (!network) return 0;
    return clip === "forward" ? network.steps.length - 1 : momentAt(network.steps, time).step;
  }

  /**
   * @param {number} index
   * @param {boolean} [toOpen]
   */
  function toggle(index, toOpen) {
    const row = rows[index];
    if (!row || row.open === null || row.open === toOpen) return;
    if (row.open) open.delete(row.key);
    else open.add(row.key);
    rebuild();
  }

  /** @param {number} index */
  function activate(index) {
    active = Math.min(rows.length - 1, Math.max(0, index));
    const top = active * ROW;
    if (top < list.scrollTop) list.scrollTop = top;
    else if (top + ROW > list.scrollTop + list.clientHeight) list.scrollTop = top + ROW - list.clientHeight;
    render();
  }

  /** @param {number} index */
  function choose(index) {
    const row = rows[index];
    if (row?.layer) tools.select(row.layer.id, row.unit);
    else toggle(index);
  }

  list.addEventListener("click", (event) => {
    const target = /** @type {Element} */ (event.target);
    const index = Number(/** @type {HTMLElement|null} */ (target.closest(".row"))?.dataset.index ?? -1);
    if (index < 0) return;
    activate(index);
    if (target.closest(".twist")) toggle(index);
    else choose(index);
  });
  list.addEventListener("dblclick", () => rows[active]?.layer && tools.fly(/** @type {import("../types.js").Layer} */ (rows[active].layer).id));
  list.addEventListener("scroll", render, { passive: true });
  list.addEventListener("keydown", createTreeKeys({ rows: () => rows, active: () => active, activate, toggle, choose }));
  new ResizeObserver(render).observe(list);

  store.on(["network"], ({ network }) => {
    open = network ? openAtFirst(network) : new Set();
    active = 0;
    setText(note, network && network.steps.length > 1 ? "mean over training" : "");
    setText(foot, network ? `${count(network.model.parameters)} parameters · ${network.layers.length} ${isWeights(network) ? "tensors" : "layers"}${{ random: " · random weights", none: " · sizes only" }[network.model.weights] ?? ""}` : "");
    rebuild();
  });
  store.on(["selection"], ({ network, selection }) => {
    const layer = selection && network?.byId.get(selection.layer);
    if (layer && network) {
      for (const key of keysAbove(network, layer)) open.add(key);
      if (selection.unit !== null && layer.tiles && layer.tiles.count <= 4096) open.add(`layer ${layer.id}`);
      rebuild();
      const index = rows.findIndex((row) => row.layer === layer && row.unit === selection.unit);
      if (index >= 0) activate(index);
    } else render();
  });
  let shownStep = -1;
  store.on(["time", "clip"], () => {
    if (stepNow() !== shownStep) {
      shownStep = stepNow();
      render();
    }
  });
  store.on(["probe", "hidden", "decoded", "theme", "map", "collapsed"], render);
  return { element, list };
}

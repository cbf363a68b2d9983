/** The tree of a glTF without recorded values: its nodes, and its numbers. */

import { h, icon, iconButton } from "../page/dom.js";
import { bytesText, count, safe } from "../data/format.js";

const ROW = 28;

/**
 * @param {import("../page/store.js").Store} store
 * @param {{plain: () => import("../page/show.js").Plain|null, frame: (node: import("three").Object3D) => void, redraw: () => void}} tools
 */
export function createPlainPanel(store, tools) {
  const space = h("div", { class: "tree-space", role: "presentation" });
  const list = h("div", { class: "tree-rows", role: "tree", tabindex: 0, "aria-label": "Nodes" }, space);
  const stats = h("dl", { class: "pairs is-wide" });
  const element = h("aside", { class: "tree is-plain", "aria-label": "Nodes", hidden: true }, h("header", {}, h("h2", { text: "Nodes" })), list, h("div", { class: "panel-foot" }, stats));
  let active = 0;

  function render() {
    const plain = tools.plain();
    const rows = plain?.rows ?? [];
    const first = Math.max(0, Math.floor(list.scrollTop / ROW) - 6);
    const last = Math.min(rows.length, Math.ceil((list.scrollTop + (list.clientHeight || 800)) / ROW) + 6);
    space.style.height = `${rows.length * ROW}px`;
    space.replaceChildren(...rows.slice(first, last).map((row, offset) => renderRow(row, first + offset)));
    if (rows.length > 0) list.setAttribute("aria-activedescendant", `node-${active}`);
    else list.removeAttribute("aria-activedescendant");
  }

  /**
   * @param {import("../scene/plain.js").PlainRow} row
   * @param {number} index
   */
  function renderRow({ node, name, depth, kind }, index) {
    const plain = tools.plain();
    const off = plain?.hidden.has(node) ?? false;
    const toggle = (/** @type {Event} */ event) => {
      event.stopPropagation();
      if (off) plain?.hidden.delete(node);
      else plain?.hidden.add(node);
      render();
      tools.redraw();
    };
    const shown = safe(name) || kind;
    return h(
      "div",
      { role: "treeitem", id: `node-${index}`, class: `row is-layer${off ? " is-off" : ""}${index === active ? " is-active" : ""}`, style: `top:${index * ROW}px;--depth:${depth}`, "aria-level": depth + 1, "aria-selected": String(index === active), "aria-label": `${shown}, ${kind}`, onclick: () => choose(index) },
      h("span", { class: "twist" }), icon(kind === "mesh" ? "block" : "scope"), h("span", { class: "name", text: shown }),
      h("span", { class: "end" }, iconButton(off ? "eyeOff" : "eye", `${off ? "Show" : "Hide"} ${shown}`, toggle, { class: "icon-button eye", tabindex: -1 })),
    );
  }

  /** @param {number} index */
  function choose(index) {
    active = index;
    const row = tools.plain()?.rows[index];
    if (row) tools.frame(row.node);
    render();
  }

  list.addEventListener("scroll", render, { passive: true });
  list.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const rows = tools.plain()?.rows ?? [];
    if (event.key === "Enter") choose(active);
    else if (step && rows.length > 0) {
      active = Math.min(rows.length - 1, Math.max(0, active + step));
      list.scrollTop = Math.min(Math.max(list.scrollTop, (active + 1) * ROW - list.clientHeight), active * ROW);
      render();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });
  new ResizeObserver(render).observe(list);
  store.on(["view", "network"], ({ view, network, file }) => {
    const plain = view === "ready" && !network ? tools.plain() : null;
    element.hidden = !plain;
    active = 0;
    list.scrollTop = 0;
    const pairs = [...(plain?.stats ?? []).map(([key, value]) => [key, count(value)]), ["Size", bytesText(file?.bytes ?? 0)]];
    stats.replaceChildren(...pairs.map(([key, value]) => h("div", {}, h("dt", { text: key }), h("dd", { text: value }))));
    render();
  });
  return { element };
}

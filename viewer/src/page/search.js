/** The search palette: type, arrows, Enter; the scene outlines the candidate. */

import { findIn } from "./find.js";
import { h, icon } from "./dom.js";

const TITLES = { layer: "Layers", epoch: "Epochs", probe: "Probes", command: "Commands" };
const GLYPHS = { layer: "block", epoch: "epoch", probe: "image", command: "command" };

/**
 * @param {import("./store.js").Store} store
 * @param {{commands: import("./keys.js").Command[], glyph: (layer: string) => string, preview: (layer: string|null) => void, goTo: (found: import("./find.js").Found) => void}} tools
 */
export function createSearch(store, tools) {
  const input = h("input", { type: "text", role: "combobox", "aria-expanded": "true", "aria-controls": "found", "aria-autocomplete": "list", "aria-label": "Search layers, epochs, probes and commands", placeholder: "Search layers, epochs, commands", spellcheck: "false", autocomplete: "off" });
  const list = h("div", { class: "found", id: "found", role: "listbox", "aria-label": "Results" });
  const dialog = h("dialog", { class: "dialog search", "aria-label": "Search" }, h("div", { class: "search-field" }, icon("search"), input, h("kbd", { text: "Esc" })), list);
  /** @type {import("./find.js").Found[]} */
  let found = [];
  let active = 0;

  function update() {
    const { network } = store.state;
    found = network ? findIn(network, tools.commands.filter((command) => command.keys), input.value) : [];
    active = 0;
    render();
  }

  function render() {
    /** @type {Node[]} */
    const rows = [];
    found.forEach((each, index) => {
      if (index === 0 || found[index - 1].kind !== each.kind) rows.push(h("div", { class: "found-title", role: "presentation", text: TITLES[each.kind] }));
      rows.push(renderRow(each, index));
    });
    list.replaceChildren(...rows, ...(found.length === 0 ? [h("p", { class: "muted none", text: "Nothing by that name." })] : []));
    input.setAttribute("aria-activedescendant", found.length ? `found-${active}` : "");
    tools.preview(found[active]?.layer ?? null);
  }

  /**
   * @param {import("./find.js").Found} each
   * @param {number} index
   */
  function renderRow(each, index) {
    return h(
      "div",
      { class: "found-row", role: "option", id: `found-${index}`, "aria-selected": String(index === active), onclick: () => choose(index), onpointermove: () => point(index) },
      icon(each.layer === undefined ? GLYPHS[each.kind] : tools.glyph(each.layer)),
      h("b", { text: each.name }), h("span", { class: "muted", text: each.note }), each.keys ? h("kbd", { text: each.keys }) : null,
    );
  }

  /** @param {number} index */
  function point(index) {
    if (index === active) return;
    active = index;
    list.querySelectorAll("[role=option]").forEach((row, at) => row.setAttribute("aria-selected", String(at === active)));
    list.querySelector(`#found-${active}`)?.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", `found-${active}`);
    tools.preview(found[active]?.layer ?? null);
  }

  /** @param {number} index */
  function choose(index) {
    const chosen = found[index];
    dialog.close();
    if (chosen) tools.goTo(chosen);
  }

  input.addEventListener("input", update);
  input.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && found.length) {
      event.preventDefault();
      point((active + step + found.length) % found.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      choose(active);
    }
  });
  dialog.addEventListener("close", () => tools.preview(null));
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  return {
    element: dialog,
    open() {
      input.value = "";
      update();
      dialog.showModal();
      input.focus();
    },
  };
}

/** On a phone: one chip a layer; a chip frames its layer. */

import { h, roving } from "../page/dom.js";
import { safe } from "../data/format.js";

/**
 * @param {import("../page/store.js").Store} store
 * @param {{frame: (layer: string|null) => void}} tools
 */
export function createChips(store, tools) {
  const element = h("div", { class: "chips", role: "radiogroup", "aria-label": "Layer", "data-blocks": true });
  /** @type {{id: string|null, button: HTMLButtonElement}[]} */
  let chips = [];

  /** @param {string|null} id */
  function choose(id) {
    store.set({ selection: id === null ? null : { layer: id, unit: null } });
    tools.frame(id);
  }
  roving(element, () => chips.map((chip) => chip.button), (index) => choose(chips[index].id));

  store.on(["network"], ({ network }) => {
    const entries = [{ id: /** @type {string|null} */ (null), name: "All" }, ...(network?.layers ?? []).map(({ id, label }) => ({ id, name: label }))];
    chips = entries.map(({ id, name }) => ({ id, button: h("button", { type: "button", role: "radio", class: "chip", text: safe(name), onclick: () => choose(id) }) }));
    element.replaceChildren(...chips.map((chip) => chip.button));
    element.hidden = !network;
    show();
  });

  function show() {
    const chosen = store.state.selection?.layer ?? null;
    for (const { id, button } of chips) {
      button.setAttribute("aria-checked", String(id === chosen));
      button.tabIndex = id === chosen ? 0 : -1;
      if (id === chosen && store.state.mode === "phone") button.scrollIntoView({ block: "nearest", inline: "center" });
    }
  }
  store.on(["selection", "mode"], show);
  return { element };
}

/** On a phone: the bar below, which opens what stands beside the scene on a larger window. */

import { h, icon } from "./dom.js";

/**
 * @param {import("./store.js").Store} store
 * @param {{toggleTree: () => void, toggleCompare: () => void, copyLink: () => void, settings: () => void}} act
 */
export function createPhoneNav(store, act) {
  const button = (/** @type {string} */ glyph, /** @type {string} */ text, /** @type {() => void} */ press) =>
    h("button", { type: "button", class: "nav-button", "aria-pressed": "false", onclick: press }, icon(glyph, "large"), h("span", { text }));
  const layers = button("layers", "Layers", () => {
    store.set({ sheet: false });
    act.toggleTree();
  });
  const details = button("details", "Details", () => {
    const { network, selection, sheet } = store.state;
    const first = network?.layers.find((layer) => layer.tiles && layer.mark !== "image") ?? network?.layers[0];
    store.set({ tree: false, sheet: selection === null || !sheet, selection: selection ?? (first ? { layer: first.id, unit: null } : null) });
  });
  const compare = button("compare", "Compare", act.toggleCompare);
  const look = button("look", "Look", act.settings);
  const share = button("link", "Share", act.copyLink);
  share.removeAttribute("aria-pressed");
  look.removeAttribute("aria-pressed");
  const element = h("nav", { class: "phone-nav", "aria-label": "Panels" }, layers, details, compare, look, share);
  store.on(["tree", "sheet", "selection", "compare"], (state) => {
    layers.setAttribute("aria-pressed", String(state.tree));
    details.setAttribute("aria-pressed", String(state.selection !== null && state.sheet));
    compare.setAttribute("aria-pressed", String(state.compare !== null));
  });
  return { element };
}

/**
 * The handle of a sheet: a tap or a drag opens it, or leaves only its head.
 * @param {import("./store.js").Store} store
 */
export function createHandle(store) {
  const element = h("button", { type: "button", class: "sheet-handle", "aria-label": "Show all details", "aria-expanded": "false", onclick: () => store.set({ sheet: !store.state.sheet }) });
  /** @type {number|null} */
  let from = null;
  element.addEventListener("pointerdown", (event) => {
    from = event.clientY;
    element.setPointerCapture(event.pointerId);
  });
  element.addEventListener("pointerup", (event) => {
    const by = from === null ? 0 : event.clientY - from;
    from = null;
    // A drag decides by its direction; the click that follows a small movement toggles.
    if (Math.abs(by) > 24) {
      store.set({ sheet: by < 0 });
      element.addEventListener("click", (click) => click.stopImmediatePropagation(), { once: true, capture: true });
    }
  });
  store.on(["sheet"], ({ sheet }) => element.setAttribute("aria-expanded", String(sheet)));
  return element;
}

/** How the scene looks: everything here is kept in the link, nothing changes a value. */

import { MAP_NAMES } from "../data/maps.js";
import { h, iconButton, radioGroup, setText } from "./dom.js";

const MAPS = { file: "File", fire: "Fire", ocean: "Ocean", grey: "Grey" };

/** @param {import("./store.js").Store} store */
export function createSettings(store) {
  const map = radioGroup("Colour map", MAP_NAMES.map((value) => ({ value, text: MAPS[value] })), (value) => store.set({ map: value }));
  const range = radioGroup("Colour range of the scene", [{ value: /** @type {const} */ ("layer"), text: "Each layer" }, { value: /** @type {const} */ ("global"), text: "All layers" }], (value) => store.set({ range: value }));
  const labels = radioGroup("Labels", [{ value: /** @type {const} */ ("all"), text: "All" }, { value: /** @type {const} */ ("names"), text: "Names" }, { value: /** @type {const} */ ("none"), text: "None" }], (value) => store.set({ labels: value }));
  const motion = radioGroup("Between epochs", [{ value: false, text: "Move" }, { value: true, text: "Step" }], (value) => store.set({ stepped: value }));
  const theme = radioGroup("Theme", [{ value: /** @type {const} */ ("dark"), text: "Dark" }, { value: /** @type {const} */ ("light"), text: "Light" }], (value) => store.set({ theme: value }));
  const heights = slider("Height of units", { min: 0.25, max: 3, step: 0.05 }, (value) => store.set({ heights: value }));
  const links = slider("Strength of connections", { min: 0, max: 2, step: 0.05 }, (value) => store.set({ links: value }));
  const row = (/** @type {string} */ text, /** @type {Node} */ control) => h("div", { class: "form-row" }, h("span", { text }), control);
  const reset = h("button", { type: "button", class: "secondary", text: "As the file has it", onclick: () => store.set({ map: "file", range: "layer", labels: "all", stepped: false, heights: 1, links: 1 }) });
  const dialog = h(
    "dialog",
    { class: "dialog small is-aside", "aria-labelledby": "settings-title" },
    h("header", {}, h("h2", { id: "settings-title", text: "Look" }), iconButton("close", "Close", () => dialog.close())),
    h(
      "div",
      { class: "form" },
      row("Colour map", map.element), row("Colour range", range.element), row("Between epochs", motion.element), row("Height of units", heights.element),
      row("Connections", links.element), row("Labels", labels.element), row("Theme", theme.element),
      h("div", { class: "actions" }, reset, h("span", { class: "muted", text: "Kept in the link." })),
    ),
  );
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());

  function show() {
    const { state } = store;
    map.show(state.map);
    range.show(state.range);
    labels.show(state.labels);
    motion.show(state.stepped);
    theme.show(state.theme);
    heights.show(state.heights);
    links.show(state.links);
  }
  store.on(["map", "range", "labels", "stepped", "heights", "links", "theme"], show);
  show();
  return { element: dialog, open: () => dialog.showModal() };
}

/**
 * @param {string} name
 * @param {{min: number, max: number, step: number}} limits
 * @param {(value: number) => void} change
 */
function slider(name, limits, change) {
  const input = h("input", { type: "range", "aria-label": name, ...limits, oninput: () => change(Number(input.value)) });
  const text = h("output", {});
  return {
    element: h("span", { class: "slider" }, input, text),
    /** @param {number} value */
    show(value) {
      if (Number(input.value) !== value) input.value = String(value);
      const words = value === 0 ? "off" : `${Number(value.toFixed(2))}×`;
      input.setAttribute("aria-valuetext", words);
      setText(text, words);
    },
  };
}

/** The top bar: file, search, link, picture, theme, help. */

import { safe } from "../data/format.js";
import { h, icon, iconButton, setText } from "./dom.js";

/**
 * @param {import("./store.js").Store} store
 * @param {{open: () => void, search: () => void, copyLink: () => void, picture: () => void, toggleTheme: () => void, help: () => void, toggleTree: () => void, toggleCompare: () => void, settings: () => void, askPicture: () => void}} act
 * @param {HTMLElement|null} headset a button that enters virtual reality, where there is some
 */
export function createBar(store, act, headset) {
  const tree = iconButton("tree", "Layers", act.toggleTree, { "aria-pressed": "true", class: "icon-button needs-network" });
  const name = h("span", { class: "file-name" });
  const file = h("button", { type: "button", class: "file", title: "Open a file (O)", onclick: act.open }, name, icon("down", "small"));
  const search = h("button", { type: "button", class: "find needs-network", "aria-keyshortcuts": "Control+K", onclick: act.search }, icon("search"), h("span", { text: "Search layers, epochs, commands" }), h("kbd", { text: "Ctrl K" }));
  const compare = h("button", { type: "button", class: "text-button compare-button needs-network", "aria-pressed": "false", "aria-keyshortcuts": "C", title: "Compare (C)", onclick: act.toggleCompare }, icon("compare"), h("span", { text: "Compare" }));
  const element = h(
    "header",
    { class: "bar" },
    h("div", { class: "bar-left" }, tree, file),
    search,
    h(
      "div",
      { class: "bar-right" },
      iconButton("search", "Search (Ctrl K)", act.search, { class: "icon-button needs-network only-phone" }),
      compare,
      headset,
      iconButton("look", "Look of the scene (,)", act.settings, { class: "icon-button needs-network" }),
      iconButton("link", "Copy a link to this view (S)", act.copyLink, { class: "icon-button needs-scene" }),
      iconButton("camera", "Save a picture (P, Shift P)", act.askPicture, { class: "icon-button needs-scene" }),
      iconButton("theme", "Dark or light (T)", act.toggleTheme, { class: "icon-button theme-button" }),
      iconButton("help", "Keys (?)", act.help),
    ),
  );
  const show = () => {
    const { file: opened, network, tree: wanted, view } = store.state;
    setText(name, opened ? safe(opened.name) : "nn2gltf");
    file.classList.toggle("is-empty", !opened);
    tree.setAttribute("aria-pressed", String(wanted));
    compare.setAttribute("aria-pressed", String(store.state.compare !== null));
    element.classList.toggle("has-scene", view === "ready");
    element.classList.toggle("has-network", view === "ready" && network !== null);
  };
  store.on(["file", "network", "tree", "view", "compare"], show);
  show();
  return { element };
}

/** The empty page: one thing to do, two commands to copy. */

import { h, iconButton, s } from "./dom.js";

/**
 * @param {import("./store.js").Store} store
 * @param {{choose: () => void, copy: (text: string) => void}} act
 */
export function createWelcome(store, act) {
  const command = (/** @type {string} */ note, /** @type {string} */ line) =>
    h("div", { class: "card command" }, h("span", { class: "muted", text: note }), h("code", { text: line }), iconButton("copy", `Copy ${line}`, () => act.copy(line)));
  const element = h(
    "main",
    { class: "welcome" },
    h(
      "div",
      { class: "drop-zone" },
      drawing(),
      h("h1", { text: "Drop a network to look inside" }),
      h("p", { class: "muted", text: "A .glb scene written by nn2gltf. It stays on this computer." }),
      h("button", { type: "button", class: "primary", text: "Choose a file", onclick: act.choose }),
    ),
    h("div", { class: "commands" }, command("Make a first scene, about a minute", "nn2gltf demo"), command("From a model of your own", "nn2gltf export model.pt")),
  );
  const busy = h("div", { class: "busy", role: "status", text: "Opening…", hidden: true });
  const show = () => {
    element.hidden = store.state.view !== "empty";
    busy.hidden = store.state.view !== "loading";
  };
  store.on(["view"], show);
  show();
  return { element, busy };
}

function drawing() {
  const boxes = (/** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ size, /** @type {number} */ columns, /** @type {number} */ rows) =>
    Array.from({ length: columns * rows }, (_, i) =>
      s("rect", { x: x + (i % columns) * (size + 5), y: y + Math.floor(i / columns) * (size + 5), width: size, height: size, rx: 2 }),
    );
  const bars = [8, 20, 40, 72, 10].map((length, i) => s("path", { class: "bar", d: `M262 ${12 + i * 14}h${length}` }));
  return s(
    "svg",
    { viewBox: "0 0 340 80", class: "welcome-drawing", "aria-hidden": "true" },
    ...boxes(2, 26, 28, 1, 1), ...boxes(52, 8, 30, 2, 2), ...boxes(140, 8, 18, 3, 3),
    ...[0, 1, 2, 3, 4].map((i) => s("rect", { x: 222 + i * 7, y: [22, 8, 28, 14, 20][i], width: 4, height: [36, 62, 24, 52, 40][i], rx: 1 })),
    s("path", { d: "M30 40H50M119 40H138M206 40H220M253 40H260" }), ...bars,
  );
}

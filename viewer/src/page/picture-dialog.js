/** Asks how large a picture is to be, and whether it has a background. */

import { h, iconButton } from "./dom.js";
import { MOST_PIXELS } from "./picture.js";

/**
 * @param {(options: import("./picture.js").PictureOptions) => void} save
 * @param {() => {width: number, height: number}} stageSize in pixels of the screen
 */
export function createPictureDialog(save, stageSize) {
  const number = (/** @type {string} */ name) => h("input", { type: "number", min: 16, max: MOST_PIXELS, step: 1, required: true, "aria-label": name });
  const [width, height] = [number("Width in pixels"), number("Height in pixels")];
  const transparent = h("input", { type: "checkbox" });
  const labels = h("input", { type: "checkbox", checked: true });
  const preset = (/** @type {string} */ text, /** @type {() => {width: number, height: number}} */ size) => h("button", { type: "button", class: "secondary", text, onclick: () => fill(size()) });
  const form = h(
    "form",
    { method: "dialog", class: "form" },
    h("div", { class: "form-row" }, h("label", { text: "Size" }), h("span", { class: "size" }, width, h("span", { text: "×" }), height, h("span", { class: "muted", text: "pixels" }))),
    h("div", { class: "presets", role: "group", "aria-label": "Usual sizes" }, preset("This view", stageSize), preset("1920 × 1080", () => ({ width: 1920, height: 1080 })), preset("3840 × 2160", () => ({ width: 3840, height: 2160 })), preset("Square", () => ({ width: 1600, height: 1600 }))),
    h("label", { class: "form-row" }, h("span", { text: "Transparent background" }), transparent),
    h("label", { class: "form-row" }, h("span", { text: "Labels" }), labels),
    h("div", { class: "actions" }, h("button", { type: "submit", class: "primary", text: "Save the picture" })),
  );
  const dialog = h("dialog", { class: "dialog small", "aria-labelledby": "picture-title" }, h("header", {}, h("h2", { id: "picture-title", text: "Save a picture" }), iconButton("close", "Close", () => dialog.close())), form);

  /** @param {{width: number, height: number}} size */
  function fill(size) {
    width.value = String(Math.round(size.width));
    height.value = String(Math.round(size.height));
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    dialog.close();
    save({ width: Number(width.value), height: Number(height.value), transparent: transparent.checked, labels: labels.checked });
  });
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  return {
    element: dialog,
    open() {
      fill(stageSize());
      dialog.showModal();
    },
  };
}

/** When a file cannot be shown: one sentence of cause, one thing to do. Nothing fails silently. */

import { FileFailure } from "../data/failure.js";
import { safe } from "../data/format.js";
import { h, icon } from "./dom.js";

/**
 * @param {import("./store.js").Store} store
 * @param {{choose: () => void, copy: (text: string) => void}} act
 */
export function createFailures(store, act) {
  const element = h("main", { class: "failure", role: "alert", hidden: true });

  /**
   * @param {unknown} error
   * @param {string} name of the file
   */
  function fail(error, name) {
    const failure = error instanceof FileFailure ? error : unexpected(error);
    const report = [failure.title, failure.message, ...failure.facts.map(([key, value]) => `${key}: ${value}`), `Code: ${failure.code}`, `File: ${safe(name)}`].join("\n");
    element.replaceChildren(
      icon("warning", "large"),
      h(
        "div",
        {},
        h("h1", { text: failure.title }),
        h("p", {}, h("b", { text: safe(name) }), `: ${failure.message}`),
        h("dl", { class: "pairs is-wide card" }, ...failure.facts.map(pair), pair(["Code", failure.code])),
        h(
          "div",
          { class: "actions" },
          h("button", { type: "button", class: "primary", text: "Choose another file", onclick: act.choose }),
          h("button", { type: "button", class: "secondary", text: "Copy the report", onclick: () => act.copy(report) }),
        ),
        h("p", { class: "muted" }, "More detail: ", h("code", { text: `nn2gltf validate ${safe(name)}` })),
      ),
    );
    store.set({ view: "error", playing: false });
  }

  store.on(["view"], ({ view }) => (element.hidden = view !== "error"));
  return { element, fail };
}

/** @param {[string, string]} entry */
function pair([key, value]) {
  return h("div", {}, h("dt", { text: key }), h("dd", { text: value }));
}

/** @param {unknown} error */
function unexpected(error) {
  const text = error instanceof Error ? error.message : String(error);
  return new FileFailure("E_VIEWER", "This scene cannot be shown", `The page met something it does not understand (${safe(text)}).`);
}

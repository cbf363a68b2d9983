/** The one live region: what changed, said once. */

import { h } from "./dom.js";
import { safe } from "../data/format.js";

/** @param {import("./store.js").Store} store */
export function createAnnouncer(store) {
  const element = h("div", { class: "visually-hidden", role: "status", "aria-live": "polite" });
  /** @type {number|undefined} */
  let timer;

  /** @param {string} text */
  function say(text) {
    clearTimeout(timer);
    timer = setTimeout(() => (element.textContent = text), 150);
  }

  store.on(["view"], ({ view, network, file }) => {
    if (view === "ready") say(network ? `${safe(network.title || network.model.name)} opened, ${network.layers.length} layers, ${network.steps.length} recorded epochs` : `${safe(file?.name)} opened`);
  });
  store.on(["probe"], ({ network, probe }) => network && say(`probe ${safe(network.probes[probe]?.name ?? probe)}`));
  store.on(["clip"], ({ clip }) => say(clip === "forward" ? "forward pass" : "epochs"));
  store.on(["selection"], ({ network, selection }) => {
    const layer = selection && network?.byId.get(selection.layer);
    say(layer ? `${safe(layer.label)}${selection.unit === null ? "" : ` ${selection.unit}`} selected` : "selection cleared");
  });
  store.on(["theme"], ({ theme }) => say(`${theme} theme`));
  return { element, say };
}

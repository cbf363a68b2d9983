/** The probes: their pictures, what the network takes them for at this epoch, and the forward pass. */

import { h, icon, roving, setText } from "../page/dom.js";
import { percent, safe } from "../data/format.js";
import { isWeights } from "../data/tensor-index.js";
import { cut } from "../data/values.js";
import { momentAt } from "../timeline/moment.js";
import { paintCodes } from "./charts.js";

/**
 * @param {import("../page/store.js").Store} store
 * @param {{page: (index: number) => Promise<import("../data/pages.js").DecodedPage>, palette: (name: string) => Uint8Array|null,
 *   choose: (probe: number) => void, toggleForward: () => void}} tools
 */
export function createProbes(store, tools) {
  const group = h("div", { class: "probes", role: "radiogroup", "aria-label": "Probe" });
  const forward = h("button", { type: "button", class: "text-button forward", "aria-pressed": "false", onclick: () => tools.toggleForward() }, icon("forward"), h("span", { text: "Forward pass" }));
  const title = h("span", { class: "muted" });
  const element = h("div", { class: "probe-box", "data-blocks": true }, h("header", {}, title, forward), group);
  /** @type {{button: HTMLButtonElement, canvas: HTMLCanvasElement, guess: HTMLElement}[]} */
  let items = [];
  roving(group, () => items.map((item) => item.button), tools.choose);

  function build() {
    const { network } = store.state;
    const probes = network?.probes ?? [];
    items = probes.map((probe, index) => {
      const canvas = h("canvas", { "aria-hidden": "true", width: 1, height: 1 });
      const guess = h("span", { class: "guess", "aria-hidden": "true" });
      const button = h("button", { type: "button", role: "radio", class: "probe", title: safe(probe.name), onclick: () => tools.choose(index) }, canvas, guess);
      return { button, canvas, guess };
    });
    group.replaceChildren(...items.map((item) => item.button));
    element.hidden = probes.length === 0 || isWeights(network);
    forward.hidden = !network?.clips.some((clip) => clip.kind === "forward");
    paint();
    show();
  }

  async function paint() {
    const { network } = store.state;
    if (!network) return;
    for (const [index, probe] of network.probes.entries()) {
      const { tile } = probe;
      if (!tile) {
        items[index].canvas.hidden = true;
        continue;
      }
      // A page that cannot be decoded is told of where the scene is read; here its picture is missing.
      const page = await tools.page(tile.page).catch(() => null);
      if (store.state.network !== network) return;
      items[index].canvas.hidden = page === null;
      if (!page) continue;
      const palette = tools.palette(network.pages[tile.page].palette);
      if (palette) paintCodes(items[index].canvas, cut(page, tile), { width: tile.width, height: tile.height, palette });
    }
  }

  function show() {
    const { network, probe: chosen, clip, time } = store.state;
    if (!network || items.length !== network.probes.length) return;
    const step = clip === "forward" ? network.steps.length - 1 : momentAt(network.steps, time).step;
    network.probes.forEach((probe, index) => {
      const { button, guess } = items[index];
      button.setAttribute("aria-checked", String(index === chosen));
      button.tabIndex = index === chosen ? 0 : -1;
      const prediction = probe.predictions[step];
      const name = prediction === undefined ? (probe.members.length || probe.samples !== null ? "mean" : "") : (network.data.classes[prediction] ?? String(prediction));
      const wrong = prediction !== undefined && probe.label !== null && prediction !== probe.label;
      setText(guess, safe(name));
      guess.classList.toggle("is-wrong", wrong);
      const sure = probe.confidences[step];
      button.setAttribute("aria-label", `${safe(probe.name) || `probe ${index}`}${prediction !== undefined ? `, read as ${safe(name)}${sure === undefined ? "" : ` with ${percent(sure)}`}` : ""}`);
    });
    const guesses = network.probes.some((probe) => probe.predictions.length > 0);
    setText(title, guesses ? "Probe, and what it is read as" : "Probe");
    forward.setAttribute("aria-pressed", String(clip === "forward"));
  }

  store.on(["network"], build);
  store.on(["theme", "decoded"], paint);
  store.on(["probe", "clip", "time"], show);
  store.on(["probe", "network", "mode", "view"], ({ probe }) => items[probe]?.button.scrollIntoView({ block: "nearest", inline: "nearest" }));
  return { element };
}

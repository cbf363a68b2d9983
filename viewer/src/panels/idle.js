/** Units that say nothing, or the same to every probe, with a way to each of them. */

import { h, setText } from "../page/dom.js";
import { count } from "../data/format.js";
import { idleUnits } from "../data/stats.js";
import { section } from "./facts.js";
import { unitWord } from "./rows.js";

/** Buttons shown of each kind; the rest is counted. */
const MOST = 60;

/**
 * @param {import("../types.js").Network} network
 * @param {import("../types.js").Layer} layer
 * @param {import("./details.js").DetailsTools} tools
 */
export function idleSection(network, layer, tools) {
  const probes = network.probes.flatMap((probe, index) => (probe.members.length === 0 && probe.samples === null ? [index] : []));
  if (!layer.tiles || layer.mark === "image" || layer.mark === "bars" || layer.values?.tensor || probes.length === 0) return null;
  const note = h("p", { class: "muted" });
  const lists = [["Dead", "zero for every probe"], ["Saturated", "at an end of the range for every probe"]].map(([title, meaning]) => {
    const name = h("h4", { text: title, title: meaning });
    const units = h("div", { class: "idle-units", role: "group", "aria-label": `${title}: ${meaning}` });
    return { element: h("div", { hidden: true }, name, units), name, units, title };
  });
  const element = section("Idle units", `over ${count(probes.length)} ${probes.length === 1 ? "probe" : "probes"}`, note, ...lists.map((list) => list.element));
  let shown = "";
  return {
    element,
    /** @param {number} step */
    show(step) {
      const found = idleUnits(tools.values, layer, { step, probes });
      const key = JSON.stringify(found);
      if (key === shown) return;
      shown = key;
      [found?.dead ?? [], found?.saturated ?? []].forEach((units, index) => {
        const list = lists[index];
        list.element.hidden = units.length === 0;
        setText(list.name, `${count(units.length)} ${list.title.toLowerCase()}`);
        const buttons = units.slice(0, MOST).map((unit) => h("button", { type: "button", class: "idle-unit", text: String(unit), "aria-label": `${unitWord(layer)} ${unit}`, onclick: () => tools.select(layer.id, unit) }));
        list.units.replaceChildren(...buttons, ...(units.length > MOST ? [h("span", { class: "muted", text: `and ${count(units.length - MOST)} more` })] : []));
      });
      const none = found !== null && found.dead.length + found.saturated.length === 0;
      note.hidden = found !== null && !none;
      setText(note, found === null ? "The other probes are being read." : "None: every unit answers to some probe.");
    },
  };
}

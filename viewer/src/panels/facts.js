/** Sections of the details that do not change over time: shapes, attributes, tensors, neighbours. */

import { h, icon } from "../page/dom.js";
import { count, number, safe, shapeText } from "../data/format.js";

/**
 * @param {string} title
 * @param {string} note
 * @param {...(Node|null)} children
 */
export function section(title, note, ...children) {
  return h("section", {}, h("div", { class: "section-head" }, h("h3", { text: title }), h("span", { class: "muted", text: note })), ...children);
}

/** @param {import("../types.js").Layer} layer */
export function aboutSection(layer) {
  const from = shapeText(layer.inputs[0]);
  const to = shapeText(layer.outputs[0]);
  return h(
    "div",
    { class: "about" },
    h("p", { text: safe(layer.title && layer.title !== layer.name ? layer.title : layer.op) }),
    h("p", { class: "shapes" }, h("span", {}, ...(from ? [from, icon("next"), to] : [to])), h("span", { class: "muted", text: [layer.parameters ? `${count(layer.parameters)} parameters` : "", layer.flops !== null ? `${amount(layer.flops)}FLOPs` : ""].filter(Boolean).join(" · ") })),
  );
}

/** @param {number} flops 6.4 M */
function amount(flops) {
  const [size, unit] = flops >= 1e9 ? [1e9, " G"] : flops >= 1e6 ? [1e6, " M"] : flops >= 1e3 ? [1e3, " k"] : [1, " "];
  return `${Number((flops / size).toPrecision(3))}${unit}`;
}

/**
 * @param {unknown} value
 * @returns {string}
 */
function valueText(value) {
  if (Array.isArray(value)) return value.map(valueText).join(" × ");
  if (typeof value === "number") return Number.isInteger(value) ? count(value) : number(value);
  if (typeof value === "boolean") return value ? "yes" : "no";
  return value === null ? "none" : safe(typeof value === "object" ? JSON.stringify(value) : value);
}

/** @param {import("../types.js").Layer} layer */
export function attributesSection(layer) {
  /** @type {[string, string][]} */
  const pairs = Object.entries(layer.attributes).map(([key, value]) => [safe(key.replaceAll("_", " ")), valueText(value)]);
  if (layer.flops !== null) pairs.push(["FLOPs", count(layer.flops)]);
  if (layer.folded.length > 0) pairs.push(["folded in", layer.folded.map((each) => safe(each.op)).join(", ")]);
  if (layer.values) pairs.push(["recorded", `${number(layer.values.minimum)} to ${number(layer.values.maximum)}`]);
  if (layer.values && layer.values.above + layer.values.below > 0) pairs.push(["beyond the scale", `${count(layer.values.above + layer.values.below)} values`]);
  if (layer.values?.notFinite) pairs.push(["not finite", `${count(layer.values.notFinite)} values`]);
  if (pairs.length === 0 && !layer.source) return null;
  const list = h("dl", { class: "pairs" }, ...pairs.map(([key, value]) => h("div", { class: key.length + value.length > 16 ? "is-long" : "" }, h("dt", { text: key }), h("dd", { text: value }))));
  return section("Attributes", safe(layer.id), list, layer.source ? h("p", { class: "source", text: safe(layer.source) }) : null);
}

/** @param {import("../types.js").Layer} layer */
export function tensorsSection(layer) {
  if (layer.parameterTensors.length === 0) return null;
  const rows = layer.parameterTensors.map(({ name, shape, dtype }) =>
    h("div", {}, h("dt", { text: safe(name.split(".").at(-1)) }), h("dd", { text: `${shape.join("×")} ${safe(dtype)}` })),
  );
  return section("Parameters", count(layer.parameters), h("dl", { class: "pairs is-wide" }, ...rows));
}

/**
 * @param {import("../types.js").Network} network
 * @param {import("../types.js").Layer} layer
 * @param {{select: (layer: string, unit: number|null) => void}} tools
 */
export function linksSection(network, layer, tools) {
  const line = (/** @type {string} */ id, /** @type {import("../types.js").Edge} */ edge, /** @type {string} */ arrow) => {
    const other = network.byId.get(id);
    const drawn = edge.total > edge.drawn ? `${count(edge.drawn)} of ${count(edge.total)} drawn` : "";
    return h(
      "button",
      { type: "button", class: "link-row", onclick: () => tools.select(id, null) },
      h("span", { class: "muted", text: arrow }), h("span", { text: safe(other?.label ?? id) }), h("span", { class: "muted", text: drawn }),
    );
  };
  const inputs = network.edges.filter((edge) => edge.target === layer.id).map((edge) => line(edge.source, edge, "from"));
  const outputs = network.edges.filter((edge) => edge.source === layer.id).map((edge) => line(edge.target, edge, "to"));
  return inputs.length + outputs.length ? section("Connections", "", h("div", { class: "link-rows" }, ...inputs, ...outputs)) : null;
}

/** The lane of the timeline: ticks, curves, the now-line, and a native range input for the keyboard and screen readers. */

import { h, s, setText } from "../page/dom.js";
import { number, percent, safe } from "../data/format.js";
import { curvesOf, metricName, tickEvery } from "./axes.js";
import { epochText, metricAt, momentAt, nearestStep } from "./moment.js";

const TOP = 26;
const BOTTOM = 10;
const INSET = 18;
/** Pixels on each side of the now-line that its badge may cover. */
const BADGE = 22;

/**
 * @param {import("../page/store.js").Store} store
 * @param {import("./clock.js").Clock} clock
 */
export function createLane(store, clock) {
  const input = h("input", {
    type: "range", class: "lane-input", min: 0, max: 1, step: "any", "aria-label": "Time",
    oninput: () => clock.seek(Number(input.value)),
  });
  const svg = s("svg", { class: "curves", "aria-hidden": "true" });
  const badge = h("div", { class: "now-badge", "aria-hidden": "true" });
  const ticks = h("div", { class: "ticks", "aria-hidden": "true" });
  const other = h("div", { class: "a-badge", "aria-hidden": "true", text: "A", hidden: true });
  const element = h("div", { class: "lane" }, svg, ticks, other, badge, input);
  let width = 1;
  let height = 1;

  /** @param {number} time */
  const x = (time) => INSET + (time / (store.state.duration || 1)) * (width - 2 * INSET);

  /** @param {PointerEvent} event */
  function scrub(event) {
    const left = element.getBoundingClientRect().left;
    clock.seek(((event.clientX - left - INSET) / (width - 2 * INSET)) * store.state.duration);
  }
  listenForOther(other, store, (clientX) => ((clientX - element.getBoundingClientRect().left - INSET) / (width - 2 * INSET)) * store.state.duration);

  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || store.state.duration === 0) return;
    element.setPointerCapture(event.pointerId);
    store.set({ scrubbing: true });
    scrub(event);
    input.focus({ preventScroll: true });
    event.preventDefault();
  });
  element.addEventListener("pointermove", (event) => store.state.scrubbing && scrub(event));
  for (const end of ["pointerup", "pointercancel"]) element.addEventListener(end, () => store.state.scrubbing && clock.release());

  const line = s("path", { class: "now-line" });
  const before = s("path", { class: "a-line" });
  const dots = s("g");
  /** @type {import("./axes.js").Curve[]} */
  let curves = [];
  /** @type {{element: HTMLElement, left: number}[]} */
  let texts = [];

  function build() {
    const { network, clip } = store.state;
    curves = network && clip === "epochs" ? curvesOf(network) : [];
    const grid = s("g", { class: "grid" });
    ticks.replaceChildren();
    texts = [];
    for (const { time, text } of tickMarks(store.state, width - 2 * INSET)) {
      grid.append(s("path", { d: `M${x(time).toFixed(1)} ${TOP - 4}V${height - 4}` }));
      // Only here are all values true; in between, bodies and colours are on their way.
      if (network && clip === "epochs") grid.append(s("path", { class: "key-mark", d: `M${x(time).toFixed(1)} ${height - 8}l3 3-3 3-3-3Z` }));
      if (text) texts.push({ element: h("span", { text, style: `left:${x(time).toFixed(1)}px` }), left: x(time) });
    }
    ticks.append(...texts.map((tick) => tick.element));
    svg.replaceChildren(grid, ...curves.flatMap(curveLines), before, line, dots);
    dots.replaceChildren(...curves.map((curve) => s("circle", { r: 3.5, class: `dot ${curve.kind}` })));
    follow();
  }

  /** @param {import("./axes.js").Curve} curve */
  function curveLines(curve) {
    const steps = store.state.network?.steps ?? [];
    const points = curve.values.flatMap((value, k) => (value === null ? [] : [`${x(steps[k].time).toFixed(1)} ${y(curve, value).toFixed(1)}`]));
    const d = `M${points.join("L")}`;
    const guides = curve.grid.map((value) => s("g", { class: "guide" }, s("path", { d: `M${INSET} ${y(curve, value).toFixed(1)}H${width - INSET}` }), s("text", { x: width - INSET + 4, y: y(curve, value) - 3, "text-anchor": "end" }, percent(value, 0))));
    return [...guides, s("path", { d, class: `curve future ${curve.kind}` }), s("path", { d, class: `curve past ${curve.kind}` })];
  }

  /**
   * @param {import("./axes.js").Curve} curve
   * @param {number} value
   */
  const y = (curve, value) => yOf(curve.place(value));

  /** @param {number} place 0..1 */
  const yOf = (place) => height - BOTTOM - place * (height - TOP - BOTTOM);

  function follow() {
    const { time, network, clip, duration } = store.state;
    const at = x(time);
    line.setAttribute("d", `M${at.toFixed(1)} ${TOP - 6}V${height}`);
    badge.style.transform = `translateX(${at.toFixed(1)}px) translateX(-50%)`;
    element.style.setProperty("--at", `${at.toFixed(1)}px`);
    element.style.setProperty("--share", (time / (duration || 1)).toFixed(4));
    setText(badge, badgeText(store.state));
    // What the badge would cover steps aside: the text of a tick, and the shares at the right end of the lane.
    for (const { element: tick, left } of texts) tick.hidden = Boolean(badge.textContent) && Math.abs(left - at) < BADGE;
    svg.classList.toggle("is-late", at > width - INSET - 2 * BADGE);
    const { compare } = store.state;
    other.hidden = compare?.kind !== "epochs" || clip !== "epochs";
    if (compare) other.style.transform = `translateX(${x(compare.time).toFixed(1)}px) translateX(-50%)`;
    before.setAttribute("d", other.hidden || !compare ? "" : `M${x(compare.time).toFixed(1)} ${TOP - 6}V${height}`);
    curves.forEach((curve, index) => {
      const place = network ? placeAt(curve, network.steps, time) : null;
      const dot = dots.children[index];
      dot.setAttribute("cx", at.toFixed(1));
      dot.setAttribute("cy", place === null ? "-10" : yOf(place).toFixed(1));
    });
    input.max = String(duration || 1);
    if (document.activeElement !== input || Math.abs(Number(input.value) - time) > 1e-6) input.value = String(time);
    input.setAttribute("aria-valuetext", valueText(store.state));
    input.setAttribute("aria-label", clip === "forward" ? "Time in the forward pass" : network ? "Training epoch" : "Time");
  }

  new ResizeObserver(() => {
    width = Math.max(element.clientWidth, 2 * INSET + 1);
    height = element.clientHeight;
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    build();
  }).observe(element);
  store.on(["network", "clip", "duration"], build);
  store.on(["time", "compare", "stepped"], follow);
  return { element, input };
}

/**
 * @param {import("../types.js").State} state
 * @param {number} width
 */
function tickMarks({ network, clip, duration }, width) {
  if (!network) return Array.from({ length: Math.floor(duration) + 1 }, (_, second) => ({ time: second, text: second % tickEvery(duration, width, 40) === 0 ? `${second} s` : "" }));
  if (clip === "forward") {
    const times = network.clips.find((each) => each.kind === "forward")?.layerTimes ?? {};
    const every = tickEvery(network.layers.length, width, 64);
    return network.layers.filter((layer) => layer.id in times).map((layer, index) => ({ time: times[layer.id], text: index % every === 0 ? safe(layer.name) : "" }));
  }
  const every = tickEvery(network.steps.length, width, 34);
  return network.steps.map((step, k) => ({ time: step.time, text: k % every === 0 || k === network.steps.length - 1 ? String(step.epoch) : "" }));
}

/** @param {import("../types.js").State} state */
function badgeText({ network, clip, time, compare, stepped }) {
  if (!network) return `${time.toFixed(1)} s`;
  if (clip === "forward") return "";
  if (compare?.kind === "epochs") return "B";
  return epochText(network.steps, time, stepped).epoch;
}

/**
 * Where the dot of a curve stands: on the straight line between two recorded points.
 * @param {import("./axes.js").Curve} curve
 * @param {import("../types.js").Step[]} steps
 * @param {number} time
 */
function placeAt(curve, steps, time) {
  const { step, next, fraction } = momentAt(steps, time);
  const [from, to] = [curve.values[step], curve.values[next]];
  if (from === null) return null;
  return curve.place(from) + (to === null ? 0 : curve.place(to) - curve.place(from)) * fraction;
}

/** @param {import("../types.js").State} state what a screen reader says */
export function valueText({ network, clip, time, duration, stepped }) {
  if (!network || clip === "forward") return `${time.toFixed(1)} of ${duration.toFixed(1)} seconds`;
  const { steps, data } = network;
  const { epoch, between } = epochText(steps, time, stepped);
  const key = data.accuracy;
  const { value, measured } = key === null ? { value: null, measured: true } : metricAt(steps.map((step) => step.metrics[key] ?? null), steps, time, stepped);
  const curve = value === null || key === null ? "" : `, ${metricName(key)} ${measured ? "" : "about "}${number(value)}`;
  return `epoch ${epoch} of ${steps[steps.length - 1].epoch}${between && `, ${between}`}${curve}`;
}

/**
 * Dragging the mark of pane A moves it to the recorded epoch nearest to the pointer.
 * @param {HTMLElement} mark
 * @param {import("../page/store.js").Store} store
 * @param {(clientX: number) => number} timeAt seconds
 */
function listenForOther(mark, store, timeAt) {
  mark.addEventListener("pointerdown", (event) => {
    event.stopPropagation();
    event.preventDefault();
    mark.setPointerCapture(event.pointerId);
  });
  mark.addEventListener("pointermove", (event) => {
    const { compare, network, duration } = store.state;
    if (!mark.hasPointerCapture(event.pointerId) || !compare || !network) return;
    const time = Math.min(duration, Math.max(0, timeAt(event.clientX)));
    store.set({ compare: { ...compare, time: network.steps[nearestStep(network.steps, time)].time } });
  });
}

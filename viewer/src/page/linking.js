/** Keeps the address in step with the view, and the view with an address that was followed. */

import { epochAt, timeOfEpoch } from "../timeline/moment.js";
import { readLink, writeLink } from "./link.js";

/**
 * @typedef {import("../types.js").State} State
 * @typedef {import("../types.js").Network} Network
 * @typedef {import("./link.js").LinkState} LinkState
 */

/** What a link holds beside the camera. */
const KEYS = /** @type {(keyof State)[]} */ ([
  "time", "probe", "selection", "clip", "playing", "theme", "compare", "hidden", "collapsed", "isolated", "range", "map", "heights", "links", "labels", "stepped", "present",
]);

/**
 * @param {import("./store.js").Store} store
 * @param {import("../scene/viewport.js").Viewport|null} viewport
 * @param {ReturnType<typeof import("./theme.js").createTheme>} theme
 */
export function createLinking(store, viewport, theme) {
  /** @type {number|undefined} */
  let timer;

  function write() {
    const { state } = store;
    if (state.view !== "ready" || !state.network) return;
    const hash = writeLink({
      ...clockOf(state, state.network),
      cam: viewport?.camera.byHand ? viewport.camera.view() : undefined,
      theme: theme.chosen ?? undefined,
      ...comparisonOf(state, state.network),
      ...structureOf(state),
      ...lookOf(state),
    });
    if (hash !== location.hash && !(hash === "#" && location.hash === "")) history.replaceState(history.state, "", hash === "#" ? location.pathname + location.search : hash);
  }

  function later() {
    clearTimeout(timer);
    timer = setTimeout(write, 400);
  }

  store.on(KEYS, () => !store.state.playing && later());
  viewport?.camera.controls.addEventListener("end", later);

  return {
    /** The address of exactly this view, even while it plays. */
    address() {
      clearTimeout(timer);
      const { playing } = store.state;
      store.set({ playing: false });
      write();
      store.set({ playing });
      return location.href;
    },
    restore() {
      const link = readLink(location.hash);
      const { network } = store.state;
      if (link.theme) theme.choose(link.theme);
      if (!network) return;
      restoreClock(store, network, link);
      restoreSelection(store, network, link);
      restoreLook(store, network, link);
      restoreComparison(store, network, link);
      if (link.cam && viewport) {
        viewport.camera.fly(link.cam, { instant: true });
        viewport.camera.byHand = true;
      }
    },
  };
}

/**
 * @param {State} state
 * @param {Network} network
 * @returns {LinkState}
 */
function clockOf({ clip, time, playing, probe }, network) {
  const forward = clip === "forward";
  return { clip: forward ? "forward" : undefined, t: playing ? undefined : forward ? time : epochAt(network.steps, time), probe: probe === network.mainProbe ? undefined : probe };
}

/**
 * @param {State} state
 * @param {Network} network
 * @returns {LinkState}
 */
function comparisonOf({ compare }, network) {
  if (!compare || compare.kind === "files") return {};
  return { compare: compare.kind, a: compare.kind === "probes" ? compare.probe : epochAt(network.steps, compare.time), difference: compare.show === "difference" || undefined };
}

/** @param {State} state @returns {LinkState} */
function structureOf({ selection, hidden, collapsed, isolated }) {
  const pixel = selection?.row === undefined ? undefined : /** @type {[number, number]} */ ([selection.row, selection.column ?? 0]);
  return { sel: selection ?? undefined, pixel, hidden: [...hidden], folded: [...collapsed], isolated: isolated ?? undefined };
}

/** @param {State} state @returns {LinkState} */
function lookOf({ range, map, heights, links, labels, stepped, present }) {
  return {
    map: map === "file" ? undefined : map,
    range: range === "global" ? range : undefined,
    heights: heights === 1 ? undefined : heights,
    links: links === 1 ? undefined : links,
    labels: labels === "all" ? undefined : labels,
    stepped: stepped || undefined,
    present: present || undefined,
  };
}

/**
 * @param {import("./store.js").Store} store
 * @param {Network} network
 * @param {LinkState} link
 */
function restoreClock(store, network, { clip, probe, t }) {
  const forward = clip === "forward" ? network.clips.find((each) => each.kind === "forward") : undefined;
  if (forward) store.set({ clip: "forward", duration: forward.duration });
  if (probe !== undefined && probe < network.probes.length) store.set({ probe });
  if (t === undefined) return;
  store.set({ playing: false, time: forward ? Math.min(t, forward.duration) : timeOfEpoch(network.steps, t) });
}

/**
 * @param {import("./store.js").Store} store
 * @param {Network} network
 * @param {LinkState} link
 */
function restoreSelection(store, network, { sel, pixel }) {
  const layer = sel && network.byId.get(sel.layer);
  if (!sel || !layer) return;
  const { tiles } = layer;
  const unit = sel.unit !== null && tiles && sel.unit < tiles.count ? sel.unit : null;
  const [row, column] = pixel ?? [Infinity, Infinity];
  const known = unit !== null && tiles && row < tiles.height && column < tiles.width;
  store.set({ selection: { layer: layer.id, unit, ...(known ? { row, column } : {}) } });
}

/**
 * @param {import("./store.js").Store} store
 * @param {Network} network
 * @param {LinkState} link
 */
function restoreLook(store, network, { hidden, folded, isolated, range, map, heights, links, labels, stepped, present }) {
  const known = (/** @type {string} */ id) => network.byId.has(id);
  const given = Object.entries({ range, map, heights, links, labels, stepped, present }).filter(([, value]) => value !== undefined);
  store.set(Object.fromEntries(given));
  if (hidden) store.set({ hidden: new Set(hidden.filter(known)) });
  if (folded) store.set({ collapsed: new Set(folded.filter((path) => path !== "" && network.scopes.some((scope) => scope.path === path))) });
  if (isolated !== undefined && known(isolated)) store.set({ isolated });
}

/**
 * @param {import("./store.js").Store} store
 * @param {Network} network
 * @param {LinkState} link
 */
function restoreComparison(store, network, { compare, a = 0, difference }) {
  if (!compare) return;
  const probe = Math.min(network.probes.length - 1, Math.floor(a));
  if (compare === "probes" && probe < 0) return;
  const epochs = compare === "epochs";
  store.set({ compare: { kind: compare, time: epochs ? timeOfEpoch(network.steps, a) : 0, probe: epochs ? 0 : probe, show: difference ? "difference" : "values" } });
}

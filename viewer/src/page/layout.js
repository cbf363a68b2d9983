/** Which of the three layouts the window gets, and which panels stand in it. */

/**
 * @param {number} width
 * @param {number} height
 * @param {boolean} framed inside another page
 * @returns {"desktop"|"phone"|"embed"}
 */
export function modeFor(width, height, framed) {
  if (height < 520 || (framed && width < 1000)) return "embed";
  return width < 600 ? "phone" : "desktop";
}

/**
 * Which panels stand: details with a selection; the tree yields to them where the window is narrow.
 * @param {import("../types.js").State} state
 * @param {number} width of the window
 */
export function panelsFor({ mode, network, selection, tree }, width) {
  const known = network !== null && mode !== "embed";
  const details = known && selection !== null;
  return { details, tree: known && tree && (mode === "phone" || width >= 1360 || !details) };
}

/** @returns {boolean} */
export function isFramed() {
  return window.self !== window.top;
}

/**
 * @param {import("./store.js").Store} store
 * @param {HTMLElement} app
 */
export function createLayout(store, app) {
  function measure() {
    store.set({ mode: modeFor(innerWidth, innerHeight, isFramed()) });
    show();
  }

  function show() {
    const { mode, view, present, duration, network } = store.state;
    const moves = duration > 0 && (network === null || network.clips.length > 0); // a structure without values stands still
    const ready = view === "ready";
    const panels = ready && !present ? panelsFor(store.state, innerWidth) : { tree: false, details: false };
    const word = (/** @type {boolean} */ on) => (on ? "on" : "off");
    if (store.state.compare) panels.tree = panels.details = false;
    Object.assign(app.dataset, { sheet: word(store.state.sheet), compare: word(ready && store.state.compare !== null), plain: word(ready && store.state.network === null && mode !== "embed" && store.state.tree && !present), mode, view, tree: word(panels.tree), details: word(panels.details), present: word(present && ready), clock: word(ready && moves) });
  }

  window.addEventListener("resize", measure);
  store.on(["mode"], ({ mode }) => mode === "phone" && store.set({ tree: false }));
  store.on(["mode", "view", "tree", "selection", "network", "present", "duration", "compare", "sheet"], show);
  measure();
}

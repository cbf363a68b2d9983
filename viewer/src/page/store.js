/** One observable record: what the page shows is a function of it. */

/** @typedef {import("../types.js").State} State */
/** @typedef {ReturnType<typeof createStore>} Store */

/** @type {Readonly<State>} */
export const INITIAL = Object.freeze({
  view: "empty",
  file: null,
  network: null,
  time: 0,
  duration: 0,
  playing: false,
  scrubbing: false,
  speed: 1,
  loop: true,
  clip: "epochs",
  probe: 0,
  selection: null,
  hover: null,
  hidden: /** @type {ReadonlySet<string>} */ (new Set()),
  isolated: null,
  theme: "dark",
  range: "layer",
  tree: true,
  present: false,
  sheet: false,
  mode: "desktop",
  stepped: false,
  compare: null,
  other: null,
  collapsed: /** @type {ReadonlySet<string>} */ (new Set()),
  map: "file",
  heights: 1,
  links: 1,
  labels: "all",
  animation: 0,
  run: null,
  notice: "",
  decoded: 0,
});

/**
 * @param {Partial<State>} [start]
 */
export function createStore(start = {}) {
  /** @type {State} */
  let state = { ...INITIAL, ...start };
  /** @type {{keys: Set<string>, run: (state: State) => void}[]} */
  const listeners = [];

  /** @param {Partial<State>} patch */
  function set(patch) {
    const changed = Object.entries(patch)
      .filter(([key, value]) => !Object.is(state[/** @type {keyof State} */ (key)], value))
      .map(([key]) => key);
    if (changed.length === 0) return;
    state = { ...state, ...patch };
    for (const { keys, run } of listeners) {
      if (changed.some((key) => keys.has(key))) run(state);
    }
  }

  /**
   * Calls back after any of the keys changed.
   * @param {(keyof State)[]} keys
   * @param {(state: State) => void} run
   */
  function on(keys, run) {
    listeners.push({ keys: new Set(keys), run });
  }

  return {
    set,
    on,
    get state() {
      return state;
    },
  };
}

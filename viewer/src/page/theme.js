/** Dark or light: the file's own unless the person chose one. */

import { themeOf } from "../scene/colors.js";

/** @typedef {"dark"|"light"} Theme */

/**
 * @param {import("./store.js").Store} store
 */
export function createTheme(store) {
  /** @type {Theme|null} */
  let chosen = null;
  const apply = () => document.documentElement.setAttribute("data-theme", store.state.theme);
  store.on(["theme"], apply);
  store.on(["network"], ({ network }) => {
    if (chosen === null && network) store.set({ theme: themeOf(network.style.background) });
  });
  apply();
  return {
    /** @param {Theme} theme */
    choose(theme) {
      chosen = theme;
      store.set({ theme });
    },
    toggle() {
      this.choose(store.state.theme === "dark" ? "light" : "dark");
    },
    get chosen() {
      return chosen;
    },
  };
}

/** The palettes of a network as a theme shows them, made once each. */

import { ownMap } from "./maps.js";
import { themed } from "./palettes.js";

/**
 * @typedef {import("./palettes.js").Theme} Theme
 * @typedef {import("../types.js").Layer} Layer
 * @typedef {ReturnType<typeof createPalettes>} Palettes
 */

/** @param {Layer} layer the code of the value zero, inside its range */
export function zeroCode(layer) {
  const range = layer.values;
  if (!range || range.high === range.low) return 0;
  return Math.round(Math.min(254, Math.max(0, (-range.low / (range.high - range.low)) * 254)));
}

/** @param {import("../types.js").Network} network */
export function createPalettes(network) {
  /** @type {Map<string, Uint8Array>} */
  const known = new Map();
  /** @type {import("../types.js").MapName} */
  let map = "file";

  /**
   * @param {string} name
   * @param {number} zero code of the value zero
   * @param {Theme} theme
   */
  function get(name, zero, theme) {
    const key = `${map} ${name} ${theme} ${zero}`;
    let found = known.get(key);
    if (!found) known.set(key, (found = themed(source(name, zero), { zero, theme })));
    return found;
  }

  /**
   * @param {string} name
   * @param {number} zero
   */
  function source(name, zero) {
    // Pictures that a network reads keep their own colours.
    if (map !== "file" && name !== "input") return ownMap(map, zero);
    return network.palettes.get(name) ?? new Uint8Array(768);
  }

  return {
    /** @param {import("../types.js").MapName} name */
    use(name) {
      map = name;
    },
    /**
     * Differences around zero, in the middle of the scale.
     * @param {Theme} theme
     */
    difference: (theme) => {
      if (map !== "file" || network.palettes.has("diverging")) return get("diverging", 127, theme);
      const key = `difference ${theme}`;
      const found = known.get(key) ?? themed(ownMap("fire", 127), { zero: 127, theme });
      known.set(key, found);
      return found;
    },
    /**
     * The same array every time, so that it can be a key.
     * @param {Layer} layer
     * @param {Theme} theme
     */
    of: (layer, theme) => get(layer.values?.palette ?? "", layer.mark === "image" ? 0 : zeroCode(layer), theme),
    /**
     * @param {string} name
     * @param {Theme} theme
     */
    named: (name, theme) => get(name, 0, theme),
  };
}

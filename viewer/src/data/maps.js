/**
 * Colour maps of our own, for people who want another one than the file's: given by a few colours that are mixed in
 * linear light, so that lightness grows evenly from zero to the largest value.
 */

/** @typedef {import("../types.js").MapName} MapName */

/** @type {Record<Exclude<MapName, "file">, {one: string[], two: [string[], string[]]}>} from zero outwards */
const STOPS = {
  fire: { one: ["#14141f", "#4a1260", "#a52c5e", "#ee6a30", "#fbd25e", "#fffbe6"], two: [["#14141f", "#1d4f96", "#5aa2ff", "#d8eaff"], ["#14141f", "#8a3d10", "#ff9a5c", "#fff0dc"]] },
  ocean: { one: ["#10161f", "#123c66", "#11708a", "#2fa88a", "#a5d86e", "#fbffe0"], two: [["#10161f", "#57318f", "#b586f0", "#efe3ff"], ["#10161f", "#0d6b5c", "#41c9a2", "#e2fff4"]] },
  grey: { one: ["#15171c", "#3b3e45", "#6d7078", "#a5a8af", "#fafafa"], two: [["#4d5057", "#2b2d33", "#0b0c0f"], ["#4d5057", "#a0a3aa", "#ffffff"]] },
};

export const MAP_NAMES = /** @type {MapName[]} */ (["file", "fire", "ocean", "grey"]);

/**
 * @param {Exclude<MapName, "file">} name
 * @param {number} zero the code of the value zero: 0 gives a one-sided map
 * @returns {Uint8Array} 256 colours; the last stands for "not finite"
 */
export function ownMap(name, zero) {
  const { one, two } = STOPS[name];
  const colors = new Uint8Array(768);
  for (let code = 0; code < 255; code++) {
    const [stops, share] = zero <= 0 ? [one, code / 254] : code < zero ? [two[0], (zero - code) / zero] : [two[1], (code - zero) / Math.max(1, 254 - zero)];
    colors.set(mixed(stops, share), 3 * code);
  }
  colors.set([122, 122, 122], 765);
  return colors;
}

/**
 * @param {string[]} stops
 * @param {number} share 0..1
 */
function mixed(stops, share) {
  const place = share * (stops.length - 1);
  const index = Math.min(stops.length - 2, Math.floor(place));
  const [from, to] = [rgb(stops[index]), rgb(stops[index + 1])];
  return from.map((value, c) => Math.round(255 * Math.sqrt(value ** 2 + (to[c] ** 2 - value ** 2) * (place - index))));
}

/** @param {string} hex */
function rgb(hex) {
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255);
}

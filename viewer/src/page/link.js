/** Links to a view: `#t=7&sel=conv1/3&probe=7&cam=…`: everything that a person chose. */

import { MAP_NAMES } from "../data/maps.js";

/**
 * @typedef {object} LinkState
 * @property {number} [t] epochs
 * @property {{layer: string, unit: number|null}} [sel]
 * @property {number} [probe]
 * @property {import("../scene/fit.js").View} [cam]
 * @property {"dark"|"light"} [theme]
 * @property {"forward"} [clip]
 * @property {"epochs"|"probes"} [compare] a second file cannot be named: it was opened by hand
 * @property {number} [a] what pane A shows: an epoch, or a probe
 * @property {true} [difference]
 * @property {[row: number, column: number]} [pixel] of the selected unit
 * @property {string[]} [hidden] layers
 * @property {string} [isolated]
 * @property {string[]} [folded] blocks
 * @property {"global"} [range]
 * @property {import("../types.js").MapName} [map]
 * @property {number} [heights]
 * @property {number} [links]
 * @property {"names"|"none"} [labels]
 * @property {true} [stepped]
 * @property {true} [present]
 */

/** @typedef {{key: string, read: (text: string) => any, write: (value: any) => string}} Field */

const round = (/** @type {number} */ value, /** @type {number} */ digits) => Number(value.toFixed(digits));
const degrees = (/** @type {number} */ angle) => round((angle * 180) / Math.PI, 1);
/** Half a surrogate pair cannot stand in an address. */
const encoded = (/** @type {string} */ text) => encodeURIComponent(text.toWellFormed());
const radians = (/** @type {number} */ angle) => (angle * Math.PI) / 180;

/**
 * @param {string} key
 * @param {{least?: number, most?: number, digits?: number}} [limits]
 * @returns {Field}
 */
function number(key, { least = 0, most = Infinity, digits = 2 } = {}) {
  const read = (/** @type {string} */ text) => {
    const value = text === "" ? NaN : Number(text);
    return Number.isFinite(value) && value >= least && value <= most && (digits > 0 || Number.isInteger(value)) ? value : undefined;
  };
  return { key, read, write: (value) => String(round(value, digits)) };
}

/**
 * @param {string} key
 * @param {readonly string[]} words
 * @returns {Field}
 */
const word = (key, words) => ({ key, read: (text) => (words.includes(text) ? text : undefined), write: String });

/** @param {string} key @returns {Field} */
const flag = (key) => ({ key, read: (text) => (text === "1" ? true : undefined), write: () => "1" });

/**
 * Commas part the items, so those of a name are encoded twice.
 * @param {string} key
 * @returns {Field}
 */
function names(key) {
  const plain = (/** @type {string} */ text) => {
    try {
      return decodeURIComponent(text);
    } catch {
      return text;
    }
  };
  const read = (/** @type {string} */ text) => (text === "" ? undefined : text.split(",").slice(0, 1000).map(plain));
  return { key, read, write: (list) => list.map((/** @type {string} */ name) => encodeURIComponent(encoded(name))).join(",") };
}

/** In the order in which they are written. @type {Record<keyof LinkState, Field>} */
const FIELDS = {
  clip: word("clip", ["forward"]),
  t: number("t"),
  probe: number("probe", { digits: 0 }),
  // The unit stands behind the last slash, since ids may hold slashes of their own.
  sel: { key: "sel", read: readSelection, write: ({ layer, unit }) => `${encoded(layer)}/${unit ?? "-"}` },
  pixel: { key: "px", read: (text) => numbers(text, 2, (each) => Number.isInteger(each) && each >= 0), write: (pixel) => pixel.join(",") },
  cam: { key: "cam", read: readCamera, write: ({ azimuth, elevation, distance, target }) => [degrees(azimuth), degrees(elevation), round(distance, 2), ...target.map((/** @type {number} */ each) => round(each, 2))].join(",") },
  theme: word("theme", ["dark", "light"]),
  compare: word("vs", ["epochs", "probes"]),
  a: number("a"),
  difference: flag("diff"),
  hidden: names("hide"),
  folded: names("fold"),
  isolated: { key: "only", read: (text) => text || undefined, write: encoded },
  map: word("map", MAP_NAMES.filter((name) => name !== "file")),
  range: word("range", ["global"]),
  heights: number("heights", { least: 0.25, most: 3 }),
  links: number("links", { most: 2 }),
  labels: word("labels", ["names", "none"]),
  stepped: flag("steps"),
  present: flag("present"),
};

/**
 * @param {string} hash
 * @returns {LinkState} only what is well-formed
 */
export function readLink(hash) {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  /** @type {Record<string, unknown>} */
  const link = {};
  for (const [name, { key, read }] of Object.entries(FIELDS)) {
    const text = given.get(key);
    const value = text === null ? undefined : read(text);
    if (value !== undefined) link[name] = value;
  }
  return link;
}

/**
 * @param {LinkState} link
 * @returns {string} with its "#"
 */
export function writeLink(link) {
  const parts = [];
  for (const [name, { key, write }] of Object.entries(FIELDS)) {
    const value = link[/** @type {keyof LinkState} */ (name)];
    if (value === undefined || (Array.isArray(value) && value.length === 0)) continue;
    parts.push(`${key}=${write(value)}`);
  }
  return `#${parts.join("&")}`;
}

/**
 * @param {string} text
 * @param {number} count
 * @param {(each: number) => boolean} fits
 */
function numbers(text, count, fits) {
  const found = text.split(",").map(Number);
  return found.length === count && found.every(fits) ? found : undefined;
}

/** @param {string} text */
function readSelection(text) {
  if (!text) return undefined;
  const found = /^(.*)\/(\d+|-)$/s.exec(text);
  if (!found) return { layer: text, unit: null };
  return { layer: found[1], unit: found[2] === "-" ? null : Number(found[2]) };
}

/** @param {string} text */
function readCamera(text) {
  const cam = numbers(text, 6, Number.isFinite);
  if (!cam || !(cam[2] > 0)) return undefined;
  return { azimuth: radians(cam[0]), elevation: radians(cam[1]), distance: cam[2], target: [cam[3], cam[4], cam[5]] };
}

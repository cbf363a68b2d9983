/** Links to a view: `#t=7&sel=conv1/3&probe=7&cam=…`. */

/**
 * @typedef {object} LinkState
 * @property {number} [t] epochs
 * @property {{layer: string, unit: number|null}} [sel]
 * @property {number} [probe]
 * @property {import("../scene/fit.js").View} [cam]
 * @property {"dark"|"light"} [theme]
 * @property {"forward"} [clip]
 */

/**
 * @param {string} hash
 * @returns {LinkState} only what is well-formed
 */
export function readLink(hash) {
  const fields = new URLSearchParams(hash.replace(/^#/, ""));
  /** @type {LinkState} */
  const link = {};
  const number = (/** @type {string} */ key) => {
    const text = fields.get(key);
    return text !== null && text !== "" && Number.isFinite(Number(text)) ? Number(text) : undefined;
  };
  const t = number("t");
  if (t !== undefined && t >= 0) link.t = t;
  const probe = number("probe");
  if (probe !== undefined && Number.isInteger(probe) && probe >= 0) link.probe = probe;
  const sel = fields.get("sel");
  if (sel) link.sel = readSelection(sel);
  const cam = (fields.get("cam") ?? "").split(",").map(Number);
  if (cam.length === 6 && cam.every(Number.isFinite) && cam[2] > 0) {
    link.cam = { azimuth: (cam[0] * Math.PI) / 180, elevation: (cam[1] * Math.PI) / 180, distance: cam[2], target: [cam[3], cam[4], cam[5]] };
  }
  const theme = fields.get("theme");
  if (theme === "dark" || theme === "light") link.theme = theme;
  if (fields.get("clip") === "forward") link.clip = "forward";
  return link;
}

/**
 * The unit stands behind the last slash, since ids may hold slashes of their own.
 * @param {string} text
 */
function readSelection(text) {
  const found = /^(.*)\/(\d+|-)$/s.exec(text);
  if (!found) return { layer: text, unit: null };
  return { layer: found[1], unit: found[2] === "-" ? null : Number(found[2]) };
}

/**
 * @param {LinkState} link
 * @returns {string} with its "#"
 */
export function writeLink(link) {
  const parts = [];
  const round = (/** @type {number} */ value, /** @type {number} */ digits) => Number(value.toFixed(digits));
  if (link.clip) parts.push(`clip=${link.clip}`);
  if (link.t !== undefined) parts.push(`t=${round(link.t, 2)}`);
  if (link.probe !== undefined) parts.push(`probe=${link.probe}`);
  if (link.sel) parts.push(`sel=${encodeURIComponent(link.sel.layer)}/${link.sel.unit ?? "-"}`);
  if (link.cam) {
    const { azimuth, elevation, distance, target } = link.cam;
    const degrees = (/** @type {number} */ angle) => round((angle * 180) / Math.PI, 1);
    parts.push(`cam=${[degrees(azimuth), degrees(elevation), round(distance, 2), ...target.map((each) => round(each, 2))].join(",")}`);
  }
  if (link.theme) parts.push(`theme=${link.theme}`);
  return `#${parts.join("&")}`;
}

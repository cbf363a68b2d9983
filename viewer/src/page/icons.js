/** The icons: 16 px grid, 1.4 px strokes. Each is a list of SVG elements. */

/** @typedef {[tag: string, attributes: Record<string, string>][]} Icon */

/**
 * @param {...string} lines path data of strokes
 * @returns {Icon}
 */
const strokes = (...lines) => lines.map((d) => ["path", { d }]);

/**
 * @param {string} d
 * @returns {[string, Record<string, string>]}
 */
const solid = (d) => ["path", { d, class: "solid" }];

/**
 * @param {number} x
 * @param {number} y
 * @param {number} width
 * @param {number} height
 * @returns {[string, Record<string, string>]}
 */
const box = (x, y, width, height) => [
  "rect",
  { x: String(x), y: String(y), width: String(width), height: String(height), rx: "1" },
];

/**
 * @param {number} x
 * @param {number} y
 * @param {number} r
 * @returns {[string, Record<string, string>]}
 */
const ring = (x, y, r) => ["circle", { cx: String(x), cy: String(y), r: String(r) }];

/** @type {Record<string, Icon>} */
export const ICONS = {
  tree: [box(2, 3, 12, 10), ["path", { d: "M6.5 3v10" }]],
  search: [ring(7, 7, 4.2), ["path", { d: "M10.2 10.2 14 14" }]],
  link: strokes(
    "M7 5 8.6 3.400a2.700 2.700 0 0 1 3.900 3.900L10.900 9",
    "M9 11l-1.600 1.600a2.700 2.700 0 0 1-3.900-3.900L5.100 7",
    "M6.300 9.700l3.400-3.400",
  ),
  camera: [["path", { d: "M2.500 5h2.600l1-1.700h3.800L10.900 5h2.600v8h-11Z" }], ring(8, 8.8, 2.2)],
  theme: [ring(8, 8, 5.4), solid("M8 2.600a5.400 5.400 0 0 1 0 10.800Z")],
  help: [ring(8, 8, 5.8), ["path", { d: "M6.200 6.500A1.800 1.800 0 1 1 8.700 8.100c-.500.300-.700.600-.700 1.100M8 11.200v.100" }]],
  info: [ring(8, 8, 5.8), ["path", { d: "M8 7.400v3.500M8 5v.100" }]],
  warning: strokes("M8 2.400 14.300 13H1.700Z", "M8 6.500v3.100", "M8 11.300v.100"),
  close: strokes("M4 4l8 8M12 4l-8 8"),
  play: [solid("M5 3.200 12.600 8 5 12.800Z")],
  pause: [box(4.2, 3.4, 2.4, 9.2), box(9.4, 3.4, 2.4, 9.2)],
  first: strokes("M11.500 4 7.500 8l4 4M4.500 4v8"),
  previous: strokes("M10 4 6 8l4 4"),
  next: strokes("M6 4l4 4-4 4"),
  last: strokes("M4.500 4l4 4-4 4M11.500 4v8"),
  loop: strokes("M3 7.500A3.500 3.500 0 0 1 6.500 4h6M10.500 2l2 2-2 2", "M13 8.500A3.500 3.500 0 0 1 9.500 12h-6M5.500 10l-2 2 2 2"),
  forward: strokes("M2.500 8h8.500M8 5l3 3-3 3", "M13.500 4v8"),
  frame: strokes("M5.500 2.500h-3v3M10.500 2.500h3v3M5.500 13.500h-3v-3M10.500 13.500h3v-3"),
  isolate: [...strokes("M5.500 2.500h-3v3M10.500 2.500h3v3M5.500 13.500h-3v-3M10.500 13.500h3v-3"), box(6, 6, 4, 4)],
  eye: [["path", { d: "M1.800 8S4 4 8 4s6.200 4 6.200 4-2.200 4-6.200 4-6.200-4-6.200-4Z" }], ring(8, 8, 1.8)],
  eyeOff: strokes("M3 6c-.800.900-1.200 2-1.200 2S4 12 8 12c.900 0 1.700-.200 2.400-.500", "M6.500 4.200C7 4.100 7.500 4 8 4c4 0 6.200 4 6.200 4s-.500 1-1.400 2", "M2.500 2.500l11 11"),
  copy: [box(5.5, 5.5, 8, 8), ["path", { d: "M10.500 5.500v-3h-8v8h3" }]],
  swap: strokes("M4.500 3 2 5.500 4.500 8M2 5.500h9M11.500 8 14 10.500 11.500 13M14 10.500H5"),
  compare: [box(2, 3, 5.4, 10), box(8.6, 3, 5.4, 10)],
  look: [...strokes("M2.500 5h6M12.500 5h1M2.500 11h1M7.500 11h6"), ring(10.5, 5, 1.8), ring(5.5, 11, 1.8)],
  fold: [box(3, 5, 10, 6), ["path", { d: "M6 8h4" }]],
  unfold: [box(3, 5, 10, 6), ["path", { d: "M6 8h4M8 6v4" }]],
  headset: [["path", { d: "M2.500 5.500h11v6h-3.500L8 9.800 6 11.500H2.500Z" }]],
  more: [ring(3.5, 8, 0.8), ring(8, 8, 0.8), ring(12.5, 8, 0.8)],
  layers: strokes("M8 2.500 14 5.800 8 9 2 5.800Z", "M2.500 8.500 8 11.500l5.500-3", "M2.500 11 8 14l5.500-3"),
  details: [ring(8, 8, 5.8), ["path", { d: "M8 7.400v3.500M8 5v.100" }]],
  file: strokes("M4 2h5l3.200 3.200V14H4Z", "M9 2v3.200h3.200"),
  down: strokes("M4.500 6.500 8 10l3.500-3.500"),
  twist: strokes("M6.500 4.500 10 8l-3.500 3.500"),
  full: strokes("M9.500 2.500h4v4M6.500 13.500h-4v-4M13.300 2.700l-4 4M2.700 13.300l4-4"),
  command: strokes("M4 5l3 3-3 3", "M8.500 11.500H12"),
  epoch: strokes("M2.500 12.500c3.500 0 3-9 5.500-9s2 9 5.500 9"),
  scope: strokes("M6 3H3.500v10H6M10 3h2.500v10H10"),
  image: [box(3, 3, 10, 10)],
  maps: [box(2.5, 2.5, 4.6, 4.6), box(8.9, 2.5, 4.6, 4.6), box(2.5, 8.9, 4.6, 4.6), box(8.9, 8.9, 4.6, 4.6)],
  pool: [box(2.5, 2.5, 11, 11), box(7.5, 7.5, 3.5, 3.5)],
  units: strokes("M4 3v10M8 6.500V13M12 4.500V13"),
  bars: strokes("M3 4h4M3 8h10M3 12h6"),
  joint: [ring(8, 8, 5), ["path", { d: "M8 5.500v5M5.500 8h5" }]],
  block: [box(2.5, 4.5, 11, 7)],
};

/** Where labels go: below their layer, else above it, else nowhere. Pure arithmetic on rectangles. */

/**
 * @typedef {import("./fit.js").Rectangle} Rectangle
 * @typedef {object} Item
 * @property {Rectangle} around what the label names, on screen
 * @property {{width: number, height: number}} size of the whole label
 * @property {{width: number, height: number}} brief of the label without its details
 * @property {number} priority larger goes first
 * @typedef {{left: number, top: number, brief: boolean}} Place
 */

const GAP = 8;

/**
 * @param {Rectangle} a
 * @param {Rectangle} b
 */
export function overlaps(a, b) {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

/**
 * Two rounds: first every label finds a place without its details, so that as many names as possible stand;
 * then each gets its details where there is still room.
 * @param {Item[]} items
 * @param {{bounds: Rectangle, blocked: Rectangle[], lines?: {x: number, y: number}[]}} where
 *   bounds: of the stage; blocked: what stands over it; lines: points that are better left free
 * @returns {(Place|null)[]} top left corner of each label, in the order of the items
 */
export function placeLabels(items, { bounds, blocked, lines = [] }) {
  /** @type {({place: Place, rectangle: Rectangle, above: boolean}|null)[]} */
  const found = items.map(() => null);
  const order = items.map((_, index) => index).sort((a, b) => items[b].priority - items[a].priority || a - b);
  const room = (/** @type {number} */ index) => ({
    bounds,
    lines,
    taken: [...blocked, ...items.filter((_, other) => other !== index).map((item) => item.around), ...found.flatMap((each, other) => (each && other !== index ? [each.rectangle] : []))],
  });
  for (const index of order) found[index] = bestFree(items[index], { brief: true, ...room(index) });
  for (const index of order) {
    const fuller = found[index] && bestFree(items[index], { brief: false, side: found[index].above, ...room(index) });
    if (fuller) found[index] = fuller;
  }
  return found.map((each) => each?.place ?? null);
}

/** Whole pixels; what lies between two falls to the same one, whatever its last bits. @param {number} at */
const steady = (at) => Math.round(at - 1e-3);

/**
 * Below or above: the first free place that crosses no line, else, for a name, the first free one.
 * @param {Item} item
 * @param {{brief: boolean, side?: boolean, bounds: Rectangle, taken: Rectangle[], lines: {x: number, y: number}[]}} room
 *   side: only above (true) or only below (false)
 */
function bestFree(item, { brief, side, bounds, taken, lines }) {
  const { width, height } = brief ? item.brief : item.size;
  const places = [false, true].filter((above) => side === undefined || side === above).map((above) => {
    const top = steady(above ? item.around.top - GAP - height : item.around.bottom + GAP);
    const left = steady((item.around.left + item.around.right - width) / 2);
    return { above, place: { left, top, brief }, rectangle: { left: left - 4, top: top - 2, right: left + width + 4, bottom: top + height + 2 } };
  });
  const free = places.filter(({ rectangle: r }) => {
    const inside = r.left >= bounds.left && r.right <= bounds.right && r.top >= bounds.top && r.bottom <= bounds.bottom;
    return inside && !taken.some((other) => overlaps(r, other));
  });
  const clear = free.find(({ rectangle: r }) => !lines.some(({ x, y }) => x > r.left && x < r.right && y > r.top && y < r.bottom));
  return clear ?? (brief ? free[0] : undefined) ?? null;
}

/**
 * The smallest rectangle around points on screen.
 * @param {{x: number, y: number}[]} points
 * @returns {Rectangle}
 */
export function around(points) {
  const xs = points.map((point) => point.x);
  const ys = points.map((point) => point.y);
  return { left: Math.min(...xs), top: Math.min(...ys), right: Math.max(...xs), bottom: Math.max(...ys) };
}

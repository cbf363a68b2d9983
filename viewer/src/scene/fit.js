/** Where the camera must stand so that a set of points fills a rectangle. Pure arithmetic. */

/**
 * @typedef {[number, number, number]} Point
 * @typedef {{left: number, top: number, right: number, bottom: number}} Rectangle pixels
 * @typedef {{azimuth: number, elevation: number, distance: number, target: Point}} View radians, metres
 * @typedef {{right: Point, up: Point, back: Point}} Axes
 */

/**
 * Unit vectors of a camera that looks along azimuth (0 from the front, negative from the left) and elevation.
 * @param {number} azimuth
 * @param {number} elevation
 * @returns {Axes}
 */
export function axesOf(azimuth, elevation) {
  const [sa, ca, se, ce] = [Math.sin(azimuth), Math.cos(azimuth), Math.sin(elevation), Math.cos(elevation)];
  return { right: [ca, 0, -sa], up: [-se * sa, ce, -se * ca], back: [ce * sa, se, ce * ca] };
}

/**
 * @param {Point} a
 * @param {Point} b
 */
function dot(a, b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/**
 * @param {Point} point
 * @param {Point} direction
 * @param {number} amount
 * @returns {Point}
 */
export function moved(point, direction, amount) {
  return [point[0] + direction[0] * amount, point[1] + direction[1] * amount, point[2] + direction[2] * amount];
}

/**
 * The view along a direction that shows all points inside the free rectangle of a canvas.
 * @param {Point[]} points world metres
 * @param {{azimuth: number, elevation: number, fov: number, width: number, height: number, free: Rectangle}} camera
 *   fov: vertical, radians; width, height: of the canvas in pixels
 * @returns {View}
 */
export function fitView(points, { azimuth, elevation, fov, width, height, free }) {
  const axes = axesOf(azimuth, elevation);
  const tangent = Math.tan(fov / 2);
  const aspect = width / height;
  const half = { x: (free.right - free.left) / width, y: (free.bottom - free.top) / height };
  const centre = { x: (free.left + free.right) / width - 1, y: 1 - (free.top + free.bottom) / height };
  let target = middle(points);
  let distance = Math.max(1e-3, spread(points, target)) / tangent;
  for (let round = 0; round < 12; round++) {
    const bounds = project(points, { target, distance, axes, tangent, aspect });
    const size = Math.max((bounds.right - bounds.left) / 2 / half.x, (bounds.top - bounds.bottom) / 2 / half.y);
    const reach = distance * tangent;
    const shift = { x: (bounds.left + bounds.right) / 2 - centre.x * size, y: (bounds.top + bounds.bottom) / 2 - centre.y * size };
    target = moved(moved(target, axes.right, shift.x * reach * aspect), axes.up, shift.y * reach);
    distance = Math.max(distance * size, 1e-3);
  }
  return { azimuth, elevation, distance, target };
}

/**
 * @param {Point[]} points
 * @param {{target: Point, distance: number, axes: Axes, tangent: number, aspect: number}} view
 */
function project(points, { target, distance, axes, tangent, aspect }) {
  const bounds = { left: Infinity, right: -Infinity, top: -Infinity, bottom: Infinity };
  for (const point of points) {
    const relative = moved(point, target, -1);
    const depth = Math.max(distance - dot(relative, axes.back), distance * 0.05);
    const x = dot(relative, axes.right) / (depth * tangent * aspect);
    const y = dot(relative, axes.up) / (depth * tangent);
    bounds.left = Math.min(bounds.left, x);
    bounds.right = Math.max(bounds.right, x);
    bounds.bottom = Math.min(bounds.bottom, y);
    bounds.top = Math.max(bounds.top, y);
  }
  return bounds;
}

/**
 * @param {Point[]} points
 * @returns {Point}
 */
function middle(points) {
  /** @type {Point} */
  const low = [Infinity, Infinity, Infinity];
  /** @type {Point} */
  const high = [-Infinity, -Infinity, -Infinity];
  for (const point of points) {
    for (let axis = 0; axis < 3; axis++) {
      low[axis] = Math.min(low[axis], point[axis]);
      high[axis] = Math.max(high[axis], point[axis]);
    }
  }
  return [(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, (low[2] + high[2]) / 2];
}

/**
 * @param {Point[]} points
 * @param {Point} centre
 */
function spread(points, centre) {
  return Math.max(...points.map((point) => Math.hypot(...moved(point, centre, -1))));
}

/**
 * @param {View} from
 * @param {View} to
 * @param {number} amount 0..1
 * @returns {View}
 */
export function between(from, to, amount) {
  const mix = (/** @type {number} */ a, /** @type {number} */ b) => a + (b - a) * amount;
  const turn = Math.atan2(Math.sin(to.azimuth - from.azimuth), Math.cos(to.azimuth - from.azimuth));
  return {
    azimuth: from.azimuth + turn * amount,
    elevation: mix(from.elevation, to.elevation),
    distance: from.distance * (to.distance / from.distance) ** amount,
    target: [mix(from.target[0], to.target[0]), mix(from.target[1], to.target[1]), mix(from.target[2], to.target[2])],
  };
}

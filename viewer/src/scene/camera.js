/** The camera: a long lens that orbits a target, flies to views and gives way to the hand at once. */

import { MOUSE, PerspectiveCamera, TOUCH, Vector3 } from "three";
import { OrbitControls } from "three/examples/jsm/controls/OrbitControls.js";
import { between, fitView, moved, axesOf } from "./fit.js";

/**
 * @typedef {import("./fit.js").View} View
 * @typedef {import("./fit.js").Point} Point
 * @typedef {import("./fit.js").Rectangle} Rectangle
 */

const FOV_DEG = 16;
const FLIGHT_MS = 450;

/**
 * @param {HTMLCanvasElement} canvas
 * @param {{calm: boolean, moved: () => void}} options calm: no damping, no flights; moved: after any change
 */
export function createCamera(canvas, { calm, moved: onMoved }) {
  const camera = new PerspectiveCamera(FOV_DEG, 1, 0.1, 1000);
  const controls = new OrbitControls(camera, canvas);
  Object.assign(controls, { enableDamping: !calm, dampingFactor: 0.12, zoomToCursor: true, rotateSpeed: 0.6, zoomSpeed: 1.2 });
  controls.mouseButtons = { LEFT: MOUSE.ROTATE, MIDDLE: MOUSE.ROTATE, RIGHT: MOUSE.PAN };
  controls.touches = { ONE: TOUCH.ROTATE, TWO: TOUCH.DOLLY_PAN };
  /** @type {{from: View, to: View, lead: number, start: number}|null} */
  let flight = null;
  // How far the picture stands right of the middle, in heights of the canvas: nothing moves when panels open beside it.
  let lead = 0;
  let size = { width: 1, height: 1 };
  let byHand = false;
  let held = false;
  controls.addEventListener("change", () => {
    byHand ||= held;
    onMoved();
  });
  controls.addEventListener("start", () => {
    flight = null;
    held = true;
  });
  controls.addEventListener("end", () => (held = false));
  canvas.addEventListener("wheel", () => (flight = null), { passive: true });

  /** @returns {View} */
  function view() {
    const offset = camera.position.clone().sub(controls.target);
    const distance = offset.length() || 1;
    return {
      azimuth: Math.atan2(offset.x, offset.z),
      elevation: Math.asin(Math.max(-1, Math.min(1, offset.y / distance))),
      distance,
      target: /** @type {Point} */ (controls.target.toArray()),
    };
  }

  /** @param {View} next */
  function place(next) {
    const { back } = axesOf(next.azimuth, next.elevation);
    controls.target.set(...next.target);
    camera.position.set(...moved(next.target, back, next.distance));
    setDepth(next.distance);
    controls.update();
    onMoved();
  }

  /** @param {number} next */
  function setLead(next) {
    lead = next;
    const { width, height } = size;
    if (lead === 0) camera.clearViewOffset();
    else camera.setViewOffset(width, height, -lead * height, 0, width, height);
  }

  /** @param {number} distance */
  function setDepth(distance) {
    camera.near = Math.max(distance / 50, 1e-4);
    camera.far = distance * 20;
    camera.updateProjectionMatrix();
  }

  return {
    camera,
    controls,
    view,
    place,
    /** Whether it is on its way to a view. */
    get flying() {
      return flight !== null;
    },
    /** Whether a person moved it since the last fit. */
    get byHand() {
      return byHand;
    },
    set byHand(value) {
      byHand = value;
    },
    /**
     * @param {View} to
     * @param {{instant?: boolean}} [how]
     */
    fly(to, { instant = false } = {}) {
      if (instant || calm) {
        flight = null;
        setLead(0);
        place(to);
      } else {
        flight = { from: view(), to, lead, start: performance.now() };
        onMoved();
      }
    },
    /**
     * @param {Point[]} points
     * @param {{azimuth: number, elevation: number, width: number, height: number, free: Rectangle}} how
     */
    fitting(points, how) {
      return fitView(points, { ...how, fov: (FOV_DEG * Math.PI) / 180 });
    },
    /**
     * One frame's worth of motion.
     * @param {number} now milliseconds
     * @returns {boolean} whether it is still moving
     */
    step(now) {
      if (flight) {
        const t = Math.min(1, (now - flight.start) / FLIGHT_MS);
        const left = (1 - t) ** 3;
        setLead(flight.lead * left);
        place(between(flight.from, flight.to, 1 - left));
        if (t >= 1) flight = null;
        return flight !== null;
      }
      const changed = controls.update();
      if (changed) setDepth(camera.position.distanceTo(controls.target));
      return changed;
    },
    /**
     * @param {number} width
     * @param {number} height
     */
    resize(width, height) {
      size = { width, height };
      camera.aspect = width / height;
      setLead(lead);
      camera.updateProjectionMatrix();
    },
    /** @param {number} heights by which the picture moves to the right, the camera staying where it is */
    shift(heights) {
      setLead(Math.abs(lead + heights) < 1e-6 ? 0 : lead + heights);
    },
    /**
     * Pixel position of a world point.
     * @param {Point|Vector3} point
     * @param {number} width
     * @param {number} height
     */
    project(point, width, height) {
      const p = point instanceof Vector3 ? point.clone() : new Vector3(...point);
      p.project(camera);
      return { x: ((p.x + 1) / 2) * width, y: ((1 - p.y) / 2) * height, z: p.z };
    },
  };
}

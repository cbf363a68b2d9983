/** The 3D part of the page behind one small face: show a scene, look at it, ask what is under the pointer. */

import { momentAt } from "../timeline/moment.js";
import { createCamera } from "./camera.js";
import { TOKENS } from "./colors.js";
import { createDrawing, lit } from "./drawing.js";
import { createNeighbours, focusOf } from "./focus.js";
import { createLabels } from "./labels.js";
import { createMarks } from "./marks.js";
import { createPicker } from "./pick.js";
import { createPlain } from "./plain.js";
import { createStage } from "./stage.js";
import { fitFor, freeRectangle } from "./framing.js";

/**
 * @typedef {import("../types.js").State} State
 * @typedef {ReturnType<typeof createViewport>} Viewport
 * @typedef {Omit<ReturnType<typeof createShown>, "drawing"> & {drawing: import("./drawing.js").Drawing|null}} Shown
 * @typedef {{network: import("../types.js").Network, gltf: any, values: import("../data/values.js").Values, palettes: import("../data/shown-palettes.js").Palettes}} NetworkScene
 */

/**
 * @param {{canvas: HTMLCanvasElement, labels: HTMLElement, marks: HTMLElement, stage: HTMLElement}} parts
 * @param {import("../page/store.js").Store} store
 * @param {{calm: boolean, lost: () => void}} options calm: the person asked for less motion
 */
export function createViewport(parts, store, { calm, lost }) {
  const stage = createStage(parts.canvas, { lost });
  const camera = createCamera(parts.canvas, { calm, moved: () => stage.invalidate() });
  const marks = createMarks(parts.marks);
  stage.use(camera.camera);
  /** @type {Shown|null} */
  let shown = null;
  let fitted = false;

  stage.everyFrame((now) => camera.step(now));
  stage.everyFrame(() => {
    shown?.update(store.state);
    return false;
  });
  stage.afterDraw(() => shown?.overlay(store.state));
  store.on(["time", "probe", "theme", "range", "selection", "hover", "hidden", "isolated", "clip", "decoded", "scrubbing"], () => stage.invalidate());
  store.on(["theme"], (state) => stage.background(TOKENS[state.theme].canvas));
  stage.background(TOKENS[store.state.theme].canvas);

  /** @param {import("./fit.js").Point[]} points */
  function fitTo(points, /** @type {{azimuth?: number, elevation?: number, instant?: boolean, all?: boolean}} */ how = {}) {
    const free = freeRectangle(parts.stage, store.state, how.all ?? true);
    camera.fly(fitFor(camera, points, { ...stage.size, free, ...how }), { instant: how.instant });
    camera.byHand = false;
  }

  function resize() {
    const { clientWidth: width, clientHeight: height } = parts.stage;
    if (width === 0 || height === 0) return;
    stage.resize(width, height);
    camera.resize(width, height);
    if (shown && (!camera.byHand || !fitted)) {
      fitTo(shown.points(null), { instant: true });
      fitted = true;
    }
    stage.invalidate();
  }
  new ResizeObserver(resize).observe(parts.stage);

  /** @param {Shown|null} next */
  function replace(next) {
    shown?.dispose();
    shown = next;
    camera.byHand = false;
    fitted = false;
    resize();
  }

  return {
    stage,
    camera,
    /** @param {NetworkScene} scene */
    showNetwork(scene) {
      replace(createShown(scene, { stage, camera, marks, parts }));
    },
    /** @param {any} gltf */
    showPlain(gltf) {
      const plain = createPlain(gltf);
      stage.scene.add(gltf.scene);
      replace({
        drawing: null,
        update: (state) => plain.show(state.time),
        overlay: () => {},
        points: () => plain.corners(),
        pick: () => null,
        preview: () => {},
        dispose: () => stage.scene.remove(gltf.scene),
      });
      return plain;
    },
    clear: () => replace(null),
    get drawing() {
      return shown?.drawing ?? null;
    },
    /** @param {{azimuth?: number, elevation?: number, instant?: boolean}} [how] */
    fit(how) {
      if (shown) fitTo(shown.points(null), how);
    },
    /** @param {string|null} layer null: everything */
    frame(layer) {
      if (shown) fitTo(shown.points(layer), { azimuth: camera.view().azimuth, elevation: camera.view().elevation, all: layer === null });
    },
    /**
     * @param {number} x of the viewport, CSS pixels
     * @param {number} y
     */
    pick(x, y) {
      const { left, top, width, height } = parts.canvas.getBoundingClientRect();
      return shown?.pick({ x: ((x - left) / width) * 2 - 1, y: 1 - ((y - top) / height) * 2 }) ?? null;
    },
    /** @param {string|null} layer brackets around a candidate of the search */
    preview(layer) {
      shown?.preview(layer);
      stage.invalidate();
    },
    redraw: () => stage.invalidate(),
  };
}

/**
 * @param {NetworkScene} scene
 * @param {{stage: ReturnType<typeof createStage>, camera: ReturnType<typeof createCamera>, marks: ReturnType<typeof createMarks>,
 *   parts: {labels: HTMLElement, stage: HTMLElement}}} tools
 */
function createShown({ network, gltf, values, palettes }, { stage, camera, marks, parts }) {
  const drawing = createDrawing(gltf.scene, { network, values, palettes });
  const neighbours = createNeighbours(network.edges);
  const labels = createLabels(parts.labels, drawing.layers, network, drawing.links.points);
  const pick = createPicker(drawing.layers);
  /** @type {string|null} */
  let candidate = null;
  let painted = "";
  let placed = "";
  stage.scene.add(gltf.scene);
  const project = (/** @type {import("three").Vector3} */ point) => camera.project(point, stage.size.width, stage.size.height);

  /** @param {State} state */
  function moment(state) {
    const last = network.steps.length - 1;
    if (state.clip === "forward") return { step: last, next: last, fraction: 0, probe: state.probe, seconds: state.time };
    return { ...momentAt(network.steps, state.time), probe: state.probe, seconds: null };
  }

  /**
   * Labels only move when one of these did.
   * @param {State} state
   * @param {number} step
   */
  function signature({ hidden, isolated, selection, mode, present, probe, view, tree, clip }, step) {
    const facts = [step, probe, isolated, selection?.layer, mode, present, view, tree, clip, stage.size.width, stage.size.height];
    return [...facts, ...hidden, ...camera.camera.matrixWorld.elements, camera.camera.aspect].join(" ");
  }

  return {
    drawing,
    /** @param {State} state */
    update(state) {
      const focus = focusOf(state, neighbours);
      for (const { nodes, layer } of drawing.layers) if (nodes?.root) nodes.root.visible = focus.shown(layer.id);
      if (painted !== state.theme) drawing.links.paint(state.theme);
      painted = state.theme;
      drawing.show(moment(state), { theme: state.theme, range: state.range, strength: focus.strength });
      drawing.links.show(focus.link, focus.shown);
    },
    /** @param {State} state */
    overlay(state) {
      const focus = focusOf(state, neighbours);
      const now = moment(state);
      const value = (/** @type {import("./drawing.js").LayerDrawing} */ { layer }, /** @type {number} */ unit) =>
        lit(network, layer.id, now.seconds) > 0.5 ? (drawing.series.of(layer, state.probe)?.at(unit, now) ?? 0) : 0;
      labels.show({ probe: state.probe, selected: state.selection?.layer ?? null, value });
      const view = signature(state, now.step);
      if (view !== placed) labels.place({ project, ...stage.size, blocked: blockedBy(parts.stage), shown: focus.shown, strength: focus.strength });
      placed = view;
      const find = (/** @type {{layer: string, unit: number|null}|null} */ place) => {
        const found = place && drawing.byId.get(place.layer);
        return found ? { drawing: found, unit: place.unit } : null;
      };
      marks.place({ selection: find(state.selection), hover: find(state.hover), candidate: (candidate && drawing.byId.get(candidate)) || null, project });
    },
    /**
     * @param {string|null} layer
     * @returns {import("./fit.js").Point[]}
     */
    points(layer) {
      const chosen = layer === null ? drawing.layers : drawing.layers.filter((each) => each.layer.id === layer);
      return chosen.flatMap((each) => each.corners.map((corner) => /** @type {import("./fit.js").Point} */ (corner.toArray())));
    },
    /** @param {{x: number, y: number}} point */
    pick: (point) => pick(camera.camera, point),
    /** @param {string|null} layer */
    preview(layer) {
      candidate = layer;
    },
    dispose() {
      stage.scene.remove(gltf.scene);
      parts.labels.replaceChildren();
    },
  };
}

/** @param {HTMLElement} stage rectangles of what stands over the scene */
function blockedBy(stage) {
  const origin = stage.getBoundingClientRect();
  return [...stage.querySelectorAll("[data-blocks]")].map((element) => {
    const { left, top, right, bottom } = element.getBoundingClientRect();
    return { left: left - origin.left, top: top - origin.top, right: right - origin.left, bottom: bottom - origin.top };
  });
}

/** A network on the stage: its drawing, what can be picked, which points the camera must show. */

import { createBlocks } from "./blocks.js";
import { againstOf, createDrawing } from "./drawing.js";
import { createNeighbours, focusOf } from "./focus.js";
import { momentOf } from "./panes.js";
import { createPicker } from "./pick.js";
import { nearestUnit } from "./unit-shape.js";

/**
 * @typedef {import("../types.js").State} State
 * @typedef {{network: import("../types.js").Network, gltf: any, values: import("../data/values.js").Values, palettes: import("../data/shown-palettes.js").Palettes, means: ReturnType<typeof import("../data/stats.js").createMeans>}} NetworkScene
 * @typedef {object} Shown
 * @property {import("../types.js").Network} network
 * @property {import("./drawing.js").Drawing} drawing
 * @property {import("./blocks.js").Blocks} blocks
 * @property {import("three").Scene} scene
 * @property {(state: State) => ReturnType<typeof focusOf>} focus
 * @property {(state: State, pane: "A"|"B", other: {shown: Shown, state: State}|null) => void} update other: what to draw the difference to
 * @property {(layer: string|null) => import("./fit.js").Point[]} points
 * @property {ReturnType<typeof createPicker>} pick
 * @property {() => void} dispose
 */

/** Everything that changes what is drawn of a network. */
const KEYS = /** @type {(keyof State)[]} */ ([
  "time", "probe", "theme", "range", "selection", "hover", "hidden", "isolated", "clip", "decoded", "stepped", "map", "heights", "links", "compare", "collapsed",
]);

/**
 * @param {NetworkScene} data
 * @param {import("three").Scene} scene
 * @returns {Shown}
 */
export function createShown({ network, gltf, values, palettes, means }, scene) {
  const drawing = createDrawing(gltf.scene, { network, values, palettes });
  const blocks = createBlocks(drawing);
  const neighbours = createNeighbours(network.edges);
  const pick = createPicker(drawing.layers, blocks.meshes);
  /** @type {Map<string, (point: import("three").Vector3) => number>} */
  const nearest = new Map();
  let painted = "";
  /** @type {unknown[]} */
  let last = [];
  scene.add(gltf.scene, blocks.group);

  /** @param {string} id */
  function nearestOf(id) {
    const found = drawing.byId.get(id);
    if (!found) return null;
    let known = nearest.get(id);
    if (!known) nearest.set(id, (known = nearestUnit(found)));
    return known;
  }

  /**
   * How strongly a unit answers at a moment, 0..1 of its layer's range.
   * @param {import("./layer-drawing.js").Moment} moment
   * @returns {(layer: string, unit: number) => number}
   */
  const flowAt = (moment) => (id, unit) => {
    const layer = network.byId.get(id);
    if (!layer?.values || !values.has(layer, moment.probe)) return 1;
    const series = drawing.series.of(layer, moment.probe);
    const { low, high } = layer.values;
    const value = series ? low + (high - low) * series.at(unit, { ...moment, fraction: 0 }) : (means(layer, { probe: moment.probe, unit })?.[moment.step] ?? high);
    return Math.min(1, Math.abs(value) / (Math.max(Math.abs(low), Math.abs(high)) || 1) + (series ? 0 : 0.3));
  };

  return {
    network,
    drawing,
    blocks,
    scene,
    /** @param {State} state */
    focus: (state) => focusOf(state, neighbours, network.byId),
    /**
     * @param {State} state
     * @param {"A"|"B"} pane
     * @param {{shown: Shown, state: State}|null} other
     */
    update(state, pane, other) {
      const facts = [pane, other, ...KEYS.map((key) => state[key])];
      if (other === null && facts.every((fact, index) => Object.is(fact, last[index]))) return;
      last = facts;
      const focus = focusOf(state, neighbours, network.byId);
      const moment = momentOf(state, network, pane);
      palettes.use(state.map);
      for (const { nodes, layer } of drawing.layers) if (nodes?.root) nodes.root.visible = focus.shown(layer.id);
      const paint = `${state.theme} ${other !== null}`;
      if (painted !== paint) drawing.links.paint(state.theme, other !== null);
      painted = paint;
      const against = other ? againstOf(other.shown.drawing, momentOf(other.state, other.shown.network, "A")) : null;
      drawing.show(moment, { theme: state.theme, range: state.range, heights: state.heights, strength: focus.strength, against });
      blocks.show(state.collapsed, state.theme, focus.block);
      drawing.links.show(focus.link, focus.linked, state.links);
      drawing.links.flow({ key: `${moment.step} ${moment.probe} ${state.decoded} ${paint}`, focus: focus.unit, flow: flowAt(moment), nearest: nearestOf });
    },
    /**
     * @param {string|null} layer
     * @returns {import("./fit.js").Point[]}
     */
    points(layer) {
      const chosen = layer === null ? drawing.layers : drawing.layers.filter((each) => each.layer.id === layer);
      const corners = [...chosen.flatMap((each) => each.corners), ...(layer === null ? drawing.signs : [])];
      return corners.filter((corner) => Number.isFinite(corner.lengthSq())).map((corner) => /** @type {import("./fit.js").Point} */ (corner.toArray()));
    },
    pick,
    dispose() {
      scene.remove(gltf.scene, blocks.group);
      blocks.dispose();
      drawing.dispose();
    },
  };
}

/** Which layers and connections stand out: the selected or hovered layer, what feeds it and what it feeds. */

import { blockId, blockOf } from "./blocks.js";

/**
 * @param {import("../types.js").Edge[]} edges
 */
export function createNeighbours(edges) {
  /** @type {Map<string, {inputs: Set<string>, outputs: Set<string>}>} */
  const known = new Map();
  const of = (/** @type {string} */ id) => {
    let found = known.get(id);
    if (!found) known.set(id, (found = { inputs: new Set(), outputs: new Set() }));
    return found;
  };
  for (const { source, target } of edges) {
    of(target).inputs.add(source);
    of(source).outputs.add(target);
  }
  return of;
}

/**
 * @param {import("../types.js").State} state
 * @param {ReturnType<typeof createNeighbours>} neighbours
 * @param {Map<string, import("../types.js").Layer>} [byId] where blocks may be folded
 */
export function focusOf(state, neighbours, byId) {
  const centre = state.selection?.layer ?? null;
  const hover = state.hover?.layer ?? null;
  const near = centre === null ? null : neighbours(centre);
  const lead = hover ?? centre;
  const isolated = state.isolated === null ? null : neighbours(state.isolated);
  const folded = (/** @type {string} */ id) => (state.collapsed.size > 0 ? blockOf(state.collapsed, byId?.get(id)?.scope ?? "") : null);

  /** @param {string} id */
  function kept(id) {
    if (state.hidden.has(id)) return false;
    return isolated === null || id === state.isolated || isolated.inputs.has(id) || isolated.outputs.has(id);
  }
  /** @param {string} id */
  const shown = (id) => kept(id) && folded(id) === null;
  /** @param {string} path */
  const block = (path) => state.isolated === null && state.collapsed.has(path) && blockOf(state.collapsed, path) === path;

  return {
    /** @param {string} id 0..1 */
    strength(id) {
      if (!near || id === centre || id === hover) return 1;
      return near.inputs.has(id) || near.outputs.has(id) ? 1 : 0.55;
    },
    /**
     * @param {string} source
     * @param {string} target
     */
    link(source, target) {
      if (lead === null) return 1;
      if (source === lead || target === lead) return 2;
      return centre !== null && (source === centre || target === centre) ? 1 : 0.16;
    },
    shown,
    block,
    /** @param {string} id a layer's, or a folded block's */
    labelled: (id) => (id.startsWith(blockId("")) ? block(id.slice(blockId("").length)) : shown(id)),
    /**
     * Whether a connection is drawn: from layer to layer, or to the box of a folded block.
     * @param {string} source
     * @param {string} target
     */
    linked(source, target) {
      const [from, to] = [folded(source), folded(target)];
      return kept(source) && kept(target) && (from === null || from !== to);
    },
    /** The unit whose own connections stand out. */
    unit: unitInFocus(state),
  };
}

/** @param {import("../types.js").State} state */
function unitInFocus({ selection, hover }) {
  const place = selection?.unit != null ? selection : hover?.unit != null ? hover : null;
  return place ? { layer: place.layer, unit: /** @type {number} */ (place.unit) } : null;
}

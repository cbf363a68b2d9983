/** Which layers and connections stand out: the selected or hovered layer, what feeds it and what it feeds. */

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
 */
export function focusOf(state, neighbours) {
  const centre = state.selection?.layer ?? null;
  const hover = state.hover?.layer ?? null;
  const near = centre === null ? null : neighbours(centre);
  const lead = hover ?? centre;
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
    /** @param {string} id */
    shown(id) {
      if (state.hidden.has(id)) return false;
      if (state.isolated === null) return true;
      const isolated = neighbours(state.isolated);
      return id === state.isolated || isolated.inputs.has(id) || isolated.outputs.has(id);
    },
  };
}

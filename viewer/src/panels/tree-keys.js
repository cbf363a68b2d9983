/** The keys of a tree, as the ARIA authoring practices have them. */

/**
 * @param {{rows: () => import("./rows.js").Row[], active: () => number, activate: (index: number) => void,
 *   toggle: (index: number, toOpen?: boolean) => void, choose: (index: number) => void}} tree
 * @returns {(event: KeyboardEvent) => void}
 */
export function createTreeKeys({ rows, active, activate, toggle, choose }) {
  /** @param {number} index the row one level up */
  const parent = (index) => {
    const all = rows();
    for (let at = index - 1; at >= 0; at--) if (all[at].depth < all[index].depth) return at;
    return index;
  };

  /** @type {Record<string, (index: number) => void>} */
  const moves = {
    ArrowDown: (index) => activate(index + 1),
    ArrowUp: (index) => activate(index - 1),
    Home: () => activate(0),
    End: () => activate(rows().length - 1),
    Enter: choose,
    " ": choose,
    ArrowRight: (index) => (rows()[index].open === false ? toggle(index, true) : rows()[index].open && activate(index + 1)),
    ArrowLeft: (index) => (rows()[index].open ? toggle(index, false) : activate(parent(index))),
  };

  return (event) => {
    const move = moves[event.key];
    if (!move || event.ctrlKey || event.metaKey || event.altKey || rows().length === 0) return;
    event.preventDefault();
    event.stopPropagation();
    move(active());
  };
}

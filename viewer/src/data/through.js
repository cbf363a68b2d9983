/** Who reads whom, through the layers that a scene leaves out: those have no place of their own to point at. */

/**
 * @typedef {import("../types.js").Layer} Layer
 * @typedef {{layer: Layer, left: boolean, right: boolean, whole: boolean}} Read
 *   right: as the right factor of a product, or as keys and values; left: otherwise, too where it is read in both ways;
 *   whole: in between, positions were mixed
 */

const PRODUCT = /^(mat_?mul|b?mm|__matmul__)$/i;
/** What keeps every position where it is. */
const IN_PLACE = new Set(["activation", "norm", "dropout", "add", "mul", "softmax", "op", "linear"]);

/** @param {Layer} layer a product of two computed matrices, or a whole attention: its first input keeps its rows */
const isProduct = ({ kind, op }) => kind === "attention" || PRODUCT.test(op ?? "");

/** @param {Layer} layer */
const isDrawn = ({ mark }) => mark !== "folded";

/** @param {import("../types.js").Network} network @param {Layer} layer @returns {Read[]} one for each drawn layer */
export const drawnSources = (network, layer) => walk(network, layer, "source");

/** @param {import("../types.js").Network} network @param {Layer} layer @returns {Read[]} */
export const drawnReaders = (network, layer) => walk(network, layer, "target");

/**
 * @param {import("../types.js").Network} network
 * @param {Layer} start
 * @param {"source"|"target"} end which end of an edge lies ahead
 * @returns {Read[]}
 */
function walk(network, start, end) {
  /** @type {Map<string, Read>} */
  const found = new Map();
  /** @type {Set<string>} */
  const seen = new Set();
  /** @type {Read[]} */
  const open = [{ layer: start, left: true, right: false, whole: false }];
  for (let now = open.pop(); now; now = open.pop()) {
    const { layer: from } = now;
    const key = `${from.id} ${now.right} ${now.whole}`;
    if (seen.has(key)) continue;
    seen.add(key);
    for (const edge of edgesAt(network)[end === "source" ? "target" : "source"].get(from.id) ?? []) {
      const ahead = network.byId.get(edge[end]);
      const reader = end === "source" ? from : ahead;
      if (!ahead || !reader) continue;
      const right = now.right || (isProduct(reader) && !isFirst(network, edge));
      const step = { layer: ahead, left: !right, right, whole: now.whole || (!isDrawn(ahead) && !isProduct(ahead) && !IN_PLACE.has(ahead.kind)) };
      if (!isDrawn(ahead)) open.push(step);
      else found.set(ahead.id, widest(found.get(ahead.id), step));
    }
  }
  return [...found.values()];
}

/**
 * @param {Read|undefined} known
 * @param {Read} read
 * @returns {Read}
 */
const widest = (known, read) => (known ? { ...read, left: known.left || read.left, right: known.right || read.right, whole: known.whole || read.whole } : read);

/** @param {import("../types.js").Network} network @param {import("../types.js").Edge} edge edges into a layer stand in the order of its inputs */
const isFirst = (network, edge) => edgesAt(network).target.get(edge.target)?.[0] === edge;

/** @type {WeakMap<import("../types.js").Edge[], Record<"source"|"target", Map<string, import("../types.js").Edge[]>>>} */
const known = new WeakMap();

/**
 * Edges by the layer at either end, in the order of the file: what is highlighted asks for them in every frame.
 * @param {import("../types.js").Network} network
 */
function edgesAt({ edges }) {
  const made = known.get(edges);
  if (made) return made;
  const found = { source: new Map(), target: new Map() };
  for (const edge of edges) {
    for (const end of /** @type {const} */ (["source", "target"])) {
      const there = found[end].get(edge[end]);
      if (there) there.push(edge);
      else found[end].set(edge[end], [edge]);
    }
  }
  known.set(edges, found);
  return found;
}

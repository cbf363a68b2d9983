/** Blocks that were folded: one box in the place of all layers of a scope. */

import { Box3, BoxGeometry, Color, EdgesGeometry, Group, LineBasicMaterial, LineSegments, Mesh, MeshBasicMaterial, Vector3 } from "three";
import { TOKENS } from "./colors.js";

/** @typedef {ReturnType<typeof createBlocks>} Blocks */

/** What the label of a block is called where ids of layers are. */
const PREFIX = "\0block ";

/** @param {string} path */
export const blockId = (path) => PREFIX + path;

/**
 * The folded scope that a layer lies in, the outermost one.
 * @param {ReadonlySet<string>} collapsed
 * @param {string} scope path of the layer's own scope
 * @returns {string|null}
 */
export function blockOf(collapsed, scope) {
  let found = /** @type {string|null} */ (null);
  for (const path of collapsed) {
    if ((scope === path || scope.startsWith(`${path}.`)) && (found === null || path.length < found.length)) found = path;
  }
  return found;
}

/**
 * @param {import("./drawing.js").Drawing} drawing
 */
export function createBlocks({ network, layers }) {
  const group = new Group();
  const face = new MeshBasicMaterial();
  const line = new LineBasicMaterial();
  const blocks = network.scopes
    .filter((scope) => scope.path !== "")
    .map((scope) => {
      const inside = layers.filter(({ layer }) => layer.scope === scope.path || layer.scope.startsWith(`${scope.path}.`));
      const box = new Box3().setFromPoints(inside.flatMap((each) => each.corners));
      return { scope, inside, box };
    })
    .filter(({ inside, box }) => inside.length > 0 && !box.isEmpty())
    .map(({ scope, inside, box }) => {
      const size = box.getSize(new Vector3());
      const geometry = new BoxGeometry(Math.max(size.x, 0.05), Math.max(size.y, 0.05), Math.max(size.z, 0.05));
      const mesh = new Mesh(geometry, face);
      mesh.add(new LineSegments(new EdgesGeometry(geometry), line));
      box.getCenter(mesh.position);
      mesh.visible = false;
      group.add(mesh);
      mesh.updateMatrixWorld(true);
      const corners = [0, 1, 2, 3, 4, 5, 6, 7].map((i) => new Vector3(i & 1 ? box.max.x : box.min.x, i & 2 ? box.max.y : box.min.y, i & 4 ? box.max.z : box.min.z));
      const name = scope.path.split(".").at(-1) ?? scope.path;
      const last = inside[inside.length - 1].layer;
      const label = { id: blockId(scope.path), name, title: `${scope.type} · ${inside.length} ${inside.length === 1 ? "layer" : "layers"}`, outputs: last.outputs, mark: "block" };
      return { path: scope.path, mesh, labelled: /** @type {any} */ ({ layer: label, corners, bars: [] }) };
    });

  return {
    group,
    paths: blocks.map(({ path }) => path),
    meshes: blocks.map(({ path, mesh }) => ({ path, mesh })),
    /** Stand-ins for layers, which the labels treat like layers. */
    labelled: blocks.map(({ labelled }) => labelled),
    /**
     * @param {ReadonlySet<string>} collapsed
     * @param {"dark"|"light"} theme
     * @param {(path: string) => boolean} visible
     */
    show(collapsed, theme, visible) {
      const { tray, line: edge } = TOKENS[theme];
      face.color = new Color(tray);
      line.color = new Color(edge);
      for (const { path, mesh } of blocks) mesh.visible = collapsed.has(path) && visible(path);
    },
    dispose() {
      for (const { mesh } of blocks) mesh.geometry.dispose();
      face.dispose();
      line.dispose();
    },
  };
}

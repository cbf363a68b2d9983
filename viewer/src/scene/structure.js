/** Frames, trays, bars and outlines of the file: recoloured for the theme, faded towards the canvas when dimmed. */

import { Color, MeshBasicMaterial, MeshLambertMaterial } from "three";
import { meshesOf } from "./roles.js";
import { partOf, themeOf, TOKENS } from "./colors.js";

/**
 * @typedef {"line"|"tray"|"body"|"outline"} Part
 * @typedef {{material: MeshBasicMaterial|MeshLambertMaterial, part: Part, own: Color, native: boolean}} Surface
 */

/**
 * @param {import("./roles.js").LayerNodes} nodes
 * @param {import("../types.js").Style} style
 */
export function createStructure(nodes, style) {
  /** @type {Surface[]} */
  const surfaces = [
    ...nodes.frames.flatMap((node) => surfacesOf(node, (own) => partOf(own, style))),
    ...nodes.bars.flatMap((node) => surfacesOf(node, () => "body")),
    ...nodes.outlines.flatMap((node) => surfacesOf(node, () => "outline")),
  ];
  const native = themeOf(style.background);
  const canvas = new Color();
  const color = new Color();

  return {
    /**
     * @param {"dark"|"light"} theme
     * @param {number} strength 0: gone into the background, 1: as it is
     */
    paint(theme, strength) {
      canvas.set(TOKENS[theme].canvas);
      for (const { material, part, own, native: keeps } of surfaces) {
        if (theme === native && keeps) color.copy(own);
        else color.set(TOKENS[theme][part]);
        material.color.copy(canvas).lerp(color, strength);
      }
    },
  };
}

/**
 * Gives every mesh a material of its own that can fade.
 * @param {import("three").Object3D} node
 * @param {(own: Color) => Part} partFor
 * @returns {Surface[]}
 */
function surfacesOf(node, partFor) {
  return meshesOf(node).map((mesh) => {
    const old = /** @type {any} */ (mesh.material);
    const own = /** @type {Color} */ (old.color?.clone() ?? new Color("#8d97b4"));
    const part = partFor(own);
    const textured = Boolean(old.map);
    const material = part === "body" ? new MeshLambertMaterial() : new MeshBasicMaterial({ side: old.side, map: null, vertexColors: Boolean(old.vertexColors) });
    mesh.material = material;
    return { material, part, own, native: (part === "line" || part === "tray") && !textured };
  });
}

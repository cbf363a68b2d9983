/** The drawn connections: coloured by sign, quiet where there are many, dimmed when a layer is in focus. */

import { BufferAttribute, Color, DoubleSide, MeshBasicMaterial, Vector3 } from "three";
import { meshesOf } from "./roles.js";
import { meaningOf, TOKENS } from "./colors.js";

/** Points looked at on the ribbons of an edge. */
const SAMPLES = 48;

/**
 * @typedef {"dark"|"light"} Theme
 * @typedef {ReturnType<typeof meaningOf>} Meaning
 */

/**
 * @param {{node: import("three").Object3D, source: string, target: string}[]} connections
 * @param {import("../types.js").Network} network
 */
export function createLinks(connections, { edges, style }) {
  const colors = { positive: new Color(style.positive), negative: new Color(style.negative) };
  const links = connections.map(({ node, source, target }) => {
    const edge = edges.find((each) => each.source === source && each.target === target);
    const material = new MeshBasicMaterial({ vertexColors: true, side: DoubleSide, transparent: true, depthWrite: false });
    const meshes = meshesOf(node);
    const weighted = /weight/.test(edge?.rank ?? "");
    const signs = meshes.map(({ geometry }) => readMeanings(geometry, { weighted, ...colors }));
    for (const mesh of meshes) {
      mesh.material = material;
      mesh.renderOrder = 1;
    }
    return { node, source, target, meshes, signs, material, rest: restOpacity(edge?.drawn ?? 1) };
  });

  return {
    /** World points on the ribbons. */
    points: links.flatMap(({ meshes }) => samplePoints(meshes)),
    /** @param {Theme} theme */
    paint(theme) {
      for (const { meshes, signs } of links) meshes.forEach((mesh, index) => paint(mesh, signs[index], theme));
    },
    /**
     * @param {(source: string, target: string) => number} share of the opacity at rest; above 1 it comes forward
     * @param {(id: string) => boolean} visible whether a layer is shown
     */
    show(share, visible) {
      for (const { node, source, target, material, rest } of links) {
        node.visible = visible(source) && visible(target);
        const amount = share(source, target);
        material.opacity = amount > 1 ? 0.95 : rest * amount;
      }
    },
  };
}

/**
 * Many ribbons on one spot cover the bodies behind them, so they are fainter.
 * @param {number} drawn
 */
export function restOpacity(drawn) {
  return Math.min(0.85, Math.max(0.34, 2.6 / Math.sqrt(drawn)));
}

/**
 * @param {import("three").BufferGeometry} geometry
 * @param {{weighted: boolean, positive: Color, negative: Color}} file
 * @returns {Meaning[]} one a vertex
 */
function readMeanings(geometry, file) {
  const colors = geometry.getAttribute("color");
  const color = (/** @type {number} */ i) => ({ r: colors.getX(i), g: colors.getY(i), b: colors.getZ(i) });
  return Array.from({ length: geometry.getAttribute("position").count }, (_, i) => (colors ? meaningOf(color(i), file) : "neutral"));
}

/**
 * Some points along the ribbons of an edge, for labels to keep clear of.
 * @param {import("three").Mesh[]} meshes
 */
function samplePoints(meshes) {
  return meshes.flatMap((mesh) => {
    const positions = mesh.geometry.getAttribute("position");
    const every = Math.max(1, Math.floor(positions.count / SAMPLES));
    mesh.updateWorldMatrix(true, false);
    return Array.from({ length: Math.floor(positions.count / every) }, (_, i) => new Vector3().fromBufferAttribute(positions, i * every).applyMatrix4(mesh.matrixWorld));
  });
}

/**
 * @param {import("three").Mesh} mesh
 * @param {Meaning[]} signs
 * @param {Theme} theme
 */
function paint(mesh, signs, theme) {
  const { positive, negative, neutral, skip } = TOKENS[theme];
  const tokens = { positive: new Color(positive), negative: new Color(negative), neutral: new Color(neutral), skip: new Color(skip) };
  const data = new Float32Array(signs.length * 3);
  signs.forEach((sign, i) => tokens[sign].toArray(data, 3 * i));
  mesh.geometry.setAttribute("color", new BufferAttribute(data, 3));
}

/**
 * The drawn connections: coloured by sign, quiet where there are many, as strong as what flows through them for the
 * shown probe, dimmed when a layer or a unit is in focus.
 */

import { BufferAttribute, Color, DoubleSide, MeshBasicMaterial, Vector3 } from "three";
import { meshesOf } from "./roles.js";
import { ribbonsOf } from "./ribbons.js";
import { meaningOf, TOKENS } from "./colors.js";

/** Points looked at on the ribbons of an edge. */
const SAMPLES = 48;
/** How much of its strength a ribbon keeps whose source unit says nothing for this probe. */
const QUIET = 0.25;

/**
 * @typedef {"dark"|"light"} Theme
 * @typedef {ReturnType<typeof meaningOf>} Meaning
 * @typedef {{layer: string, unit: number}} UnitPlace
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
    return { node, source, target, meshes, signs, material, single: (edge?.drawn ?? 0) > 1 || edge?.total === edge?.drawn, rest: restOpacity(edge?.drawn ?? 1), ribbons: /** @type {import("./ribbons.js").Ribbon[][]|null} */ (null), shown: "" };
  });

  return {
    /** World points on the ribbons. */
    points: links.flatMap(({ meshes }) => samplePoints(meshes)),
    /**
     * The colours of a theme; greys while differences are shown, whose colours mean something else.
     * @param {Theme} theme
     * @param {boolean} grey
     */
    paint(theme, grey) {
      for (const link of links) {
        link.meshes.forEach((mesh, index) => paint(mesh, link.signs[index], theme, grey));
        link.shown = "";
      }
    },
    /**
     * @param {(source: string, target: string) => number} share of the opacity at rest; above 1 it comes forward
     * @param {(source: string, target: string) => boolean} visible
     * @param {number} factor the person's own, 0 hides all
     */
    show(share, visible, factor) {
      for (const { node, source, target, material, rest } of links) {
        node.visible = factor > 0 && visible(source, target);
        const amount = share(source, target);
        material.opacity = Math.min(1, (amount > 1 ? 0.95 : rest * amount) * factor);
      }
    },
    /**
     * Gives every ribbon the strength of what flows through it, and leaves only those of a unit in focus.
     * @param {{key: string, focus: UnitPlace|null, flow: (layer: string, unit: number) => number, nearest: (layer: string) => ((point: Vector3) => number)|null}} now
     *   key: changes when the flow does
     */
    flow({ key, focus, flow, nearest }) {
      for (const link of links) {
        const touched = focus && (focus.layer === link.source || focus.layer === link.target) ? focus : null;
        const state = `${key} ${touched ? `${touched.layer} ${touched.unit}` : ""}`;
        if (!link.single || state === link.shown) continue;
        link.shown = state;
        const [from, to] = [nearest(link.source), nearest(link.target)];
        if (!from || !to) continue;
        link.ribbons ??= link.meshes.map((mesh) => ribbonsOf(mesh, { source: from, target: to }));
        link.meshes.forEach((mesh, index) => {
          const color = mesh.geometry.getAttribute("color");
          for (const { first, count, source, target } of link.ribbons?.[index] ?? []) {
            const mine = !touched || (touched.layer === link.source ? source === touched.unit : target === touched.unit);
            const alpha = mine ? (touched ? 1 : QUIET + (1 - QUIET) * flow(link.source, source)) : 0.06;
            for (let v = first; v < first + count; v++) color.setW(v, alpha);
          }
          color.needsUpdate = true;
        });
      }
    },
    /** How many ribbons of an edge touch a unit: what a test and the details can say. */
    get all() {
      return links;
    },
  };
}

/**
 * Many ribbons on one spot cover the bodies behind them, so they are fainter.
 * @param {number} drawn
 */
export function restOpacity(drawn) {
  return Math.min(0.85, Math.max(0.4, 3.2 / Math.sqrt(drawn)));
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
 * @param {boolean} grey
 */
function paint(mesh, signs, theme, grey) {
  const { positive, negative, neutral, skip } = TOKENS[theme];
  const tokens = { positive: new Color(grey ? neutral : positive), negative: new Color(grey ? neutral : negative), neutral: new Color(neutral), skip: new Color(grey ? neutral : skip) };
  const data = new Float32Array(signs.length * 4).fill(1);
  signs.forEach((sign, i) => tokens[sign].toArray(data, 4 * i));
  mesh.geometry.setAttribute("color", new BufferAttribute(data, 4));
}

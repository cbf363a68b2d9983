/**
 * Panels whose pixels are the recorded values: one mesh a layer, drawn from the codes of a page
 * through a colour map. The step is a uniform, the probe a texture, so both change at no cost. Between two steps the
 * codes are mixed; against another moment or file their difference is drawn.
 */

import { BufferAttribute, BufferGeometry, DataTexture, DoubleSide, Mesh, NearestFilter, RedFormat, RGBAFormat, ShaderMaterial, UnsignedByteType, Vector2, Color } from "three";

const VERTEX = `
attribute vec2 corner;
varying vec2 vTexel;
flat varying vec2 vCorner;
void main() {
  vTexel = uv;
  vCorner = corner;
  gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
}`;

/* Small on screen, a texel is smaller than a pixel: several samples a pixel, kept inside their tile. */
const FRAGMENT = `
precision highp float;
uniform sampler2D codes;
uniform sampler2D colors;
uniform vec2 origin;
uniform vec2 next;
uniform float fraction;
uniform sampler2D other;
uniform vec2 otherOrigin;
uniform vec2 otherRemap;
uniform bool difference;
uniform vec2 tile;
uniform vec2 remap;
uniform vec3 background;
uniform float strength;
varying vec2 vTexel;
flat varying vec2 vCorner;

vec3 shown(vec2 at) {
  vec2 inside = clamp(at, vCorner + 0.01, vCorner + tile - 0.01);
  float code = texelFetch(codes, ivec2(origin + inside), 0).r * 255.0;
  bool known = code < 254.5;
  if (fraction > 0.0 && known) {
    float later = texelFetch(codes, ivec2(next + inside), 0).r * 255.0;
    code = later < 254.5 ? mix(code, later, fraction) : code;
  }
  if (difference) {
    float before = texelFetch(other, ivec2(otherOrigin + inside), 0).r * 255.0;
    known = known && before < 254.5;
    code = 127.0 + (code - (before * otherRemap.x + otherRemap.y));
  }
  float place = known ? clamp(code * remap.x + remap.y, 0.0, 254.0) : 255.0;
  return texelFetch(colors, ivec2(int(place + 0.5), 0), 0).rgb;
}

void main() {
  vec2 dx = dFdx(vTexel);
  vec2 dy = dFdy(vTexel);
  float n = clamp(ceil(max(length(dx), length(dy))), 1.0, 4.0);
  vec3 sum = vec3(0.0);
  for (float i = 0.0; i < n; i++) {
    for (float j = 0.0; j < n; j++) {
      sum += shown(vTexel + dx * ((i + 0.5) / n - 0.5) + dy * ((j + 0.5) / n - 0.5));
    }
  }
  gl_FragColor = vec4(mix(background, sum / (n * n), strength), 1.0);
}`;

/**
 * A page of codes as a texture.
 * @param {import("../data/pages.js").DecodedPage} page
 */
export function codesTexture(page) {
  const texture = new DataTexture(/** @type {Uint8Array<ArrayBuffer>} */ (page.codes), page.width, page.height, RedFormat, UnsignedByteType);
  texture.magFilter = texture.minFilter = NearestFilter;
  texture.unpackAlignment = 1;
  texture.needsUpdate = true;
  return texture;
}

/**
 * A colour map as a texture of 256 texels.
 * @param {Uint8Array} palette
 */
export function colorsTexture(palette) {
  const data = new Uint8Array(1024).fill(255);
  for (let code = 0; code < 256; code++) data.set(palette.subarray(3 * code, 3 * code + 3), 4 * code);
  const texture = new DataTexture(data, 256, 1, RGBAFormat, UnsignedByteType);
  texture.magFilter = texture.minFilter = NearestFilter;
  texture.needsUpdate = true;
  return texture;
}

/**
 * @typedef {Mesh<BufferGeometry, ShaderMaterial>} MapsMesh
 */

/**
 * Makes the one mesh of a layer from its panel of the last step, whose quads are already in place.
 * Its `uv` is in texels from the origin of the step, so that a ray that hits it knows the pixel.
 * @param {Mesh} panel
 * @param {import("../types.js").Layer} layer
 * @param {{width: number, height: number}} page the size of its page
 * @returns {MapsMesh|null} null when the panel does not have a quad for every channel
 */
export function createMaps(panel, layer, page) {
  const tiles = /** @type {import("../types.js").Tiles} */ (layer.tiles);
  const uv = panel.geometry.getAttribute("uv");
  const positions = panel.geometry.getAttribute("position");
  const index = panel.geometry.getIndex();
  if (!uv || !positions || !index || index.count !== tiles.count * 6) return null;
  const [x, y] = tiles.origins[tiles.origins.length - 1];
  const texels = new Float32Array(uv.count * 2);
  const corners = new Float32Array(uv.count * 2);
  for (let i = 0; i < uv.count; i++) {
    texels[2 * i] = uv.getX(i) * page.width - x;
    texels[2 * i + 1] = uv.getY(i) * page.height - y;
  }
  for (let quad = 0; quad < tiles.count; quad++) {
    const vertices = Array.from({ length: 6 }, (_, k) => index.getX(6 * quad + k));
    const left = Math.round(Math.min(...vertices.map((v) => texels[2 * v])));
    const top = Math.round(Math.min(...vertices.map((v) => texels[2 * v + 1])));
    for (const v of vertices) corners.set([left, top], 2 * v);
  }
  const geometry = new BufferGeometry();
  geometry.setAttribute("position", positions);
  geometry.setAttribute("uv", new BufferAttribute(texels, 2));
  geometry.setAttribute("corner", new BufferAttribute(corners, 2));
  geometry.setIndex(index);
  const mesh = new Mesh(geometry, mapsMaterial(tiles));
  mesh.position.copy(panel.position);
  mesh.quaternion.copy(panel.quaternion);
  return mesh;
}

/** @param {import("../types.js").Tiles} tiles */
function mapsMaterial(tiles) {
  return new ShaderMaterial({
    vertexShader: VERTEX,
    fragmentShader: FRAGMENT,
    side: DoubleSide,
    uniforms: {
      codes: { value: null },
      colors: { value: null },
      origin: { value: new Vector2() },
      next: { value: new Vector2() },
      fraction: { value: 0 },
      other: { value: null },
      otherOrigin: { value: new Vector2() },
      otherRemap: { value: new Vector2(1, 0) },
      difference: { value: false },
      tile: { value: new Vector2(tiles.width, tiles.height) },
      remap: { value: new Vector2(1, 0) },
      background: { value: new Color() },
      strength: { value: 1 },
    },
  });
}

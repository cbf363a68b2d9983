/** From checked bytes to three.js objects. Data pages are not loaded as textures: the page decodes them itself. */

import { LoadingManager, Texture } from "three";
import { GLTFLoader } from "three/examples/jsm/loaders/GLTFLoader.js";
import { SIGNS } from "./roles.js";

/**
 * @param {ArrayBuffer} buffer
 * @param {{skipTextures: boolean}} options skipTextures: hand out empty textures instead of decoding what the page draws by itself
 * @returns {Promise<import("three/examples/jsm/loaders/GLTFLoader.js").GLTF>}
 */
export function loadGltf(buffer, { skipTextures }) {
  const manager = new LoadingManager();
  manager.setURLModifier((url) => {
    if (url.startsWith("blob:") || url.startsWith("data:")) return url;
    throw new Error("a scene must not fetch anything");
  });
  const loader = new GLTFLoader(manager);
  if (skipTextures) loader.register(emptyTextures);
  return new Promise((resolve, reject) => loader.parse(buffer, "", resolve, reject));
}

/**
 * Names every empty texture after its glTF image, which is how a page is found again.
 * @param {any} parser
 */
function emptyTextures(parser) {
  const decoded = ownPictures(parser.json);
  return {
    name: "nn2gltf_pages",
    /** @param {number} index */
    loadTexture(index) {
      const source = parser.json.textures[index].source;
      const image = parser.json.images?.[source]?.name ?? "";
      if (!decoded.has(image)) return null; // the loader goes on as it would without us
      const texture = new Texture();
      texture.userData.image = image;
      return Promise.resolve(texture);
    },
  };
}

/**
 * Images that the page replaces: pages of values always, the text where HTML labels take its place.
 * @param {any} json
 * @returns {Set<string>}
 */
function ownPictures(json) {
  const pages = json.scenes?.[0]?.extras?.nn2gltf?.pages ?? [];
  const names = new Set(pages.flatMap((/** @type {any} */ page) => [page.image, page.low]));
  const signed = (json.nodes ?? []).some((/** @type {any} */ node) => SIGNS.has(node.extras?.role));
  if (!signed) names.add("text");
  return names;
}

/**
 * Bytes of a named image in a checked container.
 * @param {import("../data/glb.js").Container} container
 * @returns {(name: string) => Blob|null}
 */
export function imageReader({ json, binary }) {
  /** @type {Map<string, any>} */
  const images = new Map((json.images ?? []).map((/** @type {any} */ image) => [image.name, image]));
  return (name) => {
    const image = images.get(name);
    if (!image) return null;
    if (typeof image.uri === "string") return fromDataUri(image.uri);
    const view = json.bufferViews?.[image.bufferView];
    const bytes = view?.buffer === 0 && binary ? binary : null;
    if (!bytes) return null;
    const start = view.byteOffset ?? 0;
    return new Blob([/** @type {Uint8Array<ArrayBuffer>} */ (bytes.subarray(start, start + view.byteLength))], { type: image.mimeType ?? "image/png" });
  };
}

/** @param {string} uri */
function fromDataUri(uri) {
  const comma = uri.indexOf(",");
  if (!uri.slice(0, comma).endsWith(";base64")) return null;
  const binary = atob(uri.slice(comma + 1));
  return new Blob([Uint8Array.from(binary, (char) => char.charCodeAt(0))], { type: "image/png" });
}

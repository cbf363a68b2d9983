/** The scene that `nn2gltf html` put into the page, as base64. */

/**
 * Base64 to bytes: the browser's own reader where it has one, else a loop (`Uint8Array.from` over a
 * string is forty times slower).
 * @param {string} text
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function fromBase64(text) {
  const native = /** @type {any} */ (Uint8Array).fromBase64;
  if (typeof native === "function") return native.call(Uint8Array, text);
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/**
 * @param {Document} page
 * @returns {{name: string, buffer: ArrayBuffer}|null} null when the slot is empty
 */
export function embeddedScene(page) {
  const slot = page.getElementById("nn2gltf-scene");
  const text = slot?.textContent?.trim();
  if (!slot || !text) return null;
  const { buffer } = fromBase64(text);
  slot.textContent = "";
  return { name: slot.getAttribute("data-name") || "scene.glb", buffer };
}

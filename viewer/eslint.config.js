/** Rules for the viewer: correctness first, small modules, no sink that turns text into markup. */
const browser = [
  "window", "document", "navigator", "location", "history", "localStorage", "matchMedia", "performance", "console",
  "requestAnimationFrame", "cancelAnimationFrame", "setTimeout", "clearTimeout", "fetch", "createImageBitmap", "atob",
  "Blob", "File", "URL", "URLSearchParams", "TextDecoder", "TextEncoder", "ResizeObserver", "OffscreenCanvas", "ImageData",
  "HTMLElement", "HTMLCanvasElement", "HTMLInputElement", "HTMLSelectElement", "SVGElement", "Node", "Event", "KeyboardEvent", "PointerEvent",
  "getComputedStyle", "devicePixelRatio", "addEventListener", "innerWidth", "innerHeight", "Element",
];
const sinks = ["innerHTML", "outerHTML", "insertAdjacentHTML", "srcdoc"].map((property) => ({
  property,
  message: "Text from a file must stay text: use textContent.",
}));

export default [
  { ignores: ["dist/", "node_modules/"] },
  {
    files: ["**/*.js", "**/*.mjs"],
    languageOptions: {
      ecmaVersion: 2024,
      sourceType: "module",
      globals: Object.fromEntries(browser.map((name) => [name, "readonly"])),
    },
    rules: {
      "constructor-super": "error",
      "no-undef": "error",
      "no-unused-vars": ["error", { args: "all", argsIgnorePattern: "^_" }],
      "no-const-assign": "error",
      "no-dupe-keys": "error",
      "no-unreachable": "error",
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-new-func": "error",
      "no-restricted-properties": ["error", ...sinks, { object: "document", property: "write" }],
      "no-empty": "error",
      "no-shadow": "error",
      "no-var": "error",
      "prefer-const": "error",
      eqeqeq: ["error", "always", { null: "ignore" }],
      curly: ["error", "multi-line"],
      complexity: ["error", 16],
      "max-lines": ["error", { max: 300 }],
      "max-lines-per-function": ["error", { max: 120, skipBlankLines: true, skipComments: true }],
      "max-depth": ["error", 4],
      "max-params": ["error", 6],
    },
  },
  // Tests print what they find; nothing of theirs reaches a reader's page.
  { files: ["test/browser/**"], rules: { "no-restricted-properties": "off" } },
  { files: ["*.mjs", "test/**"], languageOptions: { globals: { process: "readonly", Buffer: "readonly", URL: "readonly", console: "readonly", structuredClone: "readonly" } }, rules: { "max-lines-per-function": "off" } },
];

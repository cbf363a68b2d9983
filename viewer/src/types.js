/**
 * The record of a scene, as docs/scene-format.md describes it, and the state of the page.
 * Only types live here.
 *
 * @typedef {{shape: (number|null)[], dtype: string}} Tensor
 * @typedef {{quantity: string, palette: string, low: number, high: number, minimum: number, maximum: number,
 *   below: number, above: number, notFinite: number}} ValueRange
 * @typedef {{width: number, height: number, count: number, columns: number, gutter: number,
 *   pages: (number|null)[], origins: [number, number][]}} Tiles
 * @typedef {"image"|"maps"|"units"|"bars"|"joint"|"block"|"folded"} Mark
 *
 * @typedef {object} Layer
 * @property {number} index position in the list of layers
 * @property {string} id
 * @property {string} name
 * @property {string} label the name, or the id where several layers have that name
 * @property {string} op
 * @property {string} kind
 * @property {string} scope
 * @property {string} title
 * @property {{id: string, op: string}[]} folded
 * @property {Tensor[]} inputs
 * @property {Tensor[]} outputs
 * @property {number} parameters
 * @property {{name: string, shape: number[], dtype: string}[]} parameterTensors
 * @property {number|null} flops
 * @property {Record<string, unknown>} attributes
 * @property {string} source
 * @property {Mark} mark
 * @property {string} node
 * @property {{min: number[], max: number[]}|null} box
 * @property {ValueRange|null} values
 * @property {Tiles|null} tiles
 * @property {{zero: number, full: number}|null} length
 *
 * @typedef {{epoch: number, step: number|null, time: number, metrics: Record<string, number>}} Step
 * @typedef {{page: number, x: number, y: number, width: number, height: number}} ProbeTile
 * @typedef {{label: number|null, name: string, tile: ProbeTile|null, predictions: number[], confidences: number[]}} Probe
 * @typedef {{name: string, kind: string, probe: number, duration: number, layerTimes: Record<string, number>}} Clip
 * @typedef {{image: string, low: string|null, palette: string, width: number, height: number}} Page
 * @typedef {{source: string, target: string, node: string, drawn: number, total: number, rank: string}} Edge
 * @typedef {{path: string, type: string, parent: string|null, parameters: number, node: string}} Scope
 * @typedef {{name: string, background: string, text: string, positive: string, negative: string}} Style
 *
 * @typedef {object} Network
 * @property {string} title
 * @property {string} generator
 * @property {{name: string, parameters: number, weights: string}} model
 * @property {{name: string, classes: string[], accuracy: string|null}} data
 * @property {Style} style
 * @property {{duration: number, secondsPerStep: number}} time
 * @property {Step[]} steps
 * @property {Probe[]} probes
 * @property {number} mainProbe
 * @property {Clip[]} clips
 * @property {Map<string, Uint8Array>} palettes name to 768 bytes
 * @property {Page[]} pages
 * @property {Layer[]} layers
 * @property {Map<string, Layer>} byId
 * @property {Edge[]} edges
 * @property {Scope[]} scopes
 * @property {string[]} reductions
 * @property {string[]} report
 *
 * @typedef {{layer: string, unit: number|null}} Selection
 * @typedef {{layer: string, unit: number|null, row: number, column: number, x: number, y: number}} Hover
 * @typedef {{name: string, bytes: number}} OpenFile
 *
 * @typedef {object} State
 * @property {"empty"|"loading"|"ready"|"error"} view
 * @property {OpenFile|null} file
 * @property {Network|null} network null for a plain glTF
 * @property {number} time seconds on the clock of the current clip
 * @property {number} duration seconds
 * @property {boolean} playing
 * @property {boolean} scrubbing
 * @property {number} speed
 * @property {boolean} loop
 * @property {"epochs"|"forward"|"plain"} clip
 * @property {number} probe
 * @property {Selection|null} selection
 * @property {Hover|null} hover
 * @property {ReadonlySet<string>} hidden layer ids
 * @property {string|null} isolated layer id
 * @property {"dark"|"light"} theme
 * @property {"layer"|"global"} range
 * @property {boolean} tree wanted by the user
 * @property {boolean} present
 * @property {"desktop"|"phone"|"embed"} mode
 * @property {string} notice why a file with a record is shown as a plain glTF
 * @property {number} decoded grows when a page of values arrives
 */

export {};

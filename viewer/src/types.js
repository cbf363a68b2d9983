/**
 * The record of a scene, as docs/scene-format.md describes it, and the state of the page.
 * Only types live here.
 *
 * @typedef {{shape: (number|null)[], dtype: string}} Tensor
 * @typedef {{quantity: string, palette: string, low: number, high: number, minimum: number, maximum: number,
 *   below: number, above: number, notFinite: number, tensor: import("./data/tensor-index.js").TensorPlace|null}} ValueRange
 *   tensor: which one a layer of weights shows
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
 * @typedef {{label: number|null, name: string, tile: ProbeTile|null, predictions: number[], confidences: number[], members: number[], samples: number|null}} Probe
 *   members: the recorded probes that a mean is taken over, empty for a recorded probe; samples: it was recorded as a mean
 * @typedef {{name: string, kind: string, probe: number, duration: number, layerTimes: Record<string, number>}} Clip
 * @typedef {{image: string, low: string|null, palette: string, width: number, height: number, members?: number[]}} Page
 *   members: pages that this one is the mean of; it has no picture in the file then
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
 * @typedef {{layer: string, unit: number|null, row?: number, column?: number}} Selection
 * @typedef {{layer: string, unit: number|null, row: number, column: number, x: number, y: number, pane?: "A"|"B"}} Hover
 * @typedef {{kind: "epochs"|"probes"|"files", time: number, probe: number, show: "values"|"difference"}} Compare
 *   what pane A shows; pane B shows the page's own time and probe, or the second file
 * @typedef {"file"|"fire"|"ocean"|"grey"} MapName
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
 * @property {boolean} sheet on a phone: all of the details instead of their head
 * @property {"desktop"|"phone"|"embed"} mode
 * @property {boolean} stepped jump from epoch to epoch instead of moving between them
 * @property {Compare|null} compare
 * @property {string|null} other name of the second file
 * @property {ReadonlySet<string>} collapsed paths of scopes drawn as one box
 * @property {MapName} map colour map
 * @property {number} heights factor on the length of units
 * @property {number} links factor on the strength of connections, 0 to hide them
 * @property {"all"|"names"|"none"} labels
 * @property {number} animation which clip of a plain glTF plays
 * @property {import("./page/follow.js").Run|null} run the recording that this page follows
 * @property {string} notice why a file with a record is shown as a plain glTF
 * @property {number} decoded grows when a page of values arrives
 */

export {};

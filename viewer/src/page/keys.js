/** The keys of the page. One table: the help is made of it too. */

/**
 * @typedef {object} Command
 * @property {string} keys as the help shows them
 * @property {string} name
 * @property {(event: KeyboardEvent) => boolean} matches
 * @property {() => void} run
 * @property {boolean} [always] also without a scene
 */

/**
 * @param {string} key as in KeyboardEvent.key, or a code such as "Digit1"
 * @param {{ctrl?: boolean, alt?: boolean, shift?: boolean}} [modifiers]
 * @returns {(event: KeyboardEvent) => boolean}
 */
export function on(key, { ctrl = false, alt = false, shift } = {}) {
  return (event) =>
    (event.key === key || event.key.toLowerCase() === key || event.code === key) &&
    (event.ctrlKey || event.metaKey) === ctrl &&
    event.altKey === alt &&
    (shift === undefined || event.shiftKey === shift);
}

/**
 * @typedef {object} Actions
 * @property {import("../timeline/clock.js").Clock} clock
 * @property {() => void} toggleLoop
 * @property {() => void} frameSelection
 * @property {() => void} frameAll
 * @property {(side: "front"|"side"|"top") => void} look
 * @property {() => void} hide
 * @property {() => void} showAll
 * @property {() => void} isolate
 * @property {() => void} search
 * @property {() => void} toggleTheme
 * @property {(options?: import("./picture.js").PictureOptions) => void} picture
 * @property {() => void} open
 * @property {() => void} present
 * @property {() => void} help
 * @property {() => void} clear
 * @property {(probe: number) => void} probe
 * @property {() => void} copyLink
 * @property {() => void} toggleStepped
 * @property {() => void} toggleBlock
 * @property {() => void} toggleCompare
 * @property {() => void} swap
 * @property {() => void} settings
 * @property {() => void} askPicture
 * @property {() => void} toggleForward
 */

/**
 * @param {Actions} act
 * @returns {Command[]}
 */
export function commandsFor(act) {
  const digits = Array.from({ length: 10 }, (_, digit) => ({ digit, matches: on(`Digit${digit}`, { shift: true }) }));
  return [
    { keys: "Space", name: "Play or pause", matches: on(" "), run: () => act.clock.toggle() },
    { keys: "←  →", name: "Previous, next epoch", matches: on("ArrowLeft"), run: () => act.clock.step(-1) },
    { keys: "", name: "", matches: on("ArrowRight"), run: () => act.clock.step(1) },
    { keys: "Home  End", name: "First, last epoch", matches: on("Home"), run: () => act.clock.first() },
    { keys: "", name: "", matches: on("End"), run: () => act.clock.last() },
    { keys: "[  ]", name: "Slower, faster", matches: on("["), run: () => act.clock.changeSpeed(-1) },
    { keys: "", name: "", matches: on("]"), run: () => act.clock.changeSpeed(1) },
    { keys: "L", name: "Loop", matches: on("l"), run: act.toggleLoop },
    { keys: "I", name: "Move between epochs, or step", matches: on("i"), run: act.toggleStepped },
    { keys: "W", name: "Forward pass", matches: on("w"), run: act.toggleForward },
    { keys: "F", name: "Frame the selection", matches: on("f"), run: act.frameSelection },
    { keys: "A", name: "Frame everything", matches: on("a"), run: act.frameAll },
    { keys: "1  3  7", name: "Front, side, top", matches: on("1", { shift: false }), run: () => act.look("front") },
    { keys: "", name: "", matches: on("3", { shift: false }), run: () => act.look("side") },
    { keys: "", name: "", matches: on("7", { shift: false }), run: () => act.look("top") },
    { keys: "Shift 0–9", name: "Probe", matches: digits[0].matches, run: () => act.probe(0) },
    ...digits.slice(1).map(({ digit, matches }) => ({ keys: "", name: "", matches, run: () => act.probe(digit) })),
    { keys: "H", name: "Hide the selected layer", matches: on("h"), run: act.hide },
    { keys: "Alt H", name: "Show all layers", matches: on("h", { alt: true }), run: act.showAll },
    { keys: "/", name: "Isolate the selected layer", matches: on("/"), run: act.isolate },
    { keys: "E", name: "Fold or unfold the selected block", matches: on("e"), run: () => act.toggleBlock() },
    { keys: "C", name: "Compare", matches: on("c"), run: act.toggleCompare },
    { keys: "X", name: "Swap what is compared", matches: on("x"), run: act.swap },
    { keys: "Ctrl K", name: "Search layers, epochs, commands", matches: on("k", { ctrl: true }), run: act.search },
    { keys: "T", name: "Dark or light", matches: on("t"), run: act.toggleTheme, always: true },
    { keys: "P", name: "Save a picture", matches: on("p", { shift: false }), run: () => act.picture() },
    { keys: "Shift P", name: "Save a picture of any size", matches: on("p", { shift: true }), run: act.askPicture },
    { keys: ",", name: "Look: colour map, heights, labels", matches: on(","), run: act.settings },
    { keys: "S", name: "Copy a link to this view", matches: on("s"), run: act.copyLink },
    { keys: "O", name: "Open a file", matches: on("o"), run: act.open, always: true },
    { keys: "\\", name: "Presentation", matches: on("\\"), run: act.present },
    { keys: "Esc", name: "Clear the selection", matches: on("Escape"), run: act.clear },
    { keys: "?", name: "This list", matches: on("?"), run: act.help, always: true },
  ];
}

/**
 * @param {Command[]} commands
 * @param {() => {ready: boolean, dialog: boolean}} status
 */
export function listenForKeys(commands, status) {
  document.addEventListener("keydown", (event) => {
    const { ready, dialog } = status();
    if (event.defaultPrevented || dialog || isTyping(event.target) || pressesButton(event)) return;
    const command = commands.find((each) => each.matches(event));
    if (!command || !(ready || command.always)) return;
    event.preventDefault();
    command.run();
  });
}

/** @param {EventTarget|null} target */
function isTyping(target) {
  return (target instanceof HTMLInputElement && target.type !== "range") || target instanceof HTMLSelectElement;
}

/**
 * Space and Enter belong to the button that has the focus.
 * @param {KeyboardEvent} event
 */
function pressesButton(event) {
  return (event.key === " " || event.key === "Enter") && event.target instanceof Element && event.target.closest("button") !== null;
}

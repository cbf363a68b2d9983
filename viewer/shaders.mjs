// Takes the white space out of three.js's shaders: they are text to a bundler, which leaves them as they are.
import { readFile } from "node:fs/promises";

/** A text of several lines that declares, includes or branches: GLSL, as three.module.js holds it. */
const SHADER = /"(?:[^"\\\n]|\\.)*\\n(?:[^"\\\n]|\\.)*"/g;
const IS_GLSL = /#include <|#ifdef |#if |void main|uniform |varying |gl_/;

/**
 * Line by line, since directives end with their line and three.js looks for some of them.
 * @param {string} source a string literal, its line ends written as \n
 */
export function shrinkShader(source) {
  return source
    .split("\\n")
    .map((line) => line.replaceAll("\\t", " ").trim())
    .filter(Boolean)
    .map((line) => (/^"?#/.test(line) ? line.replace(/ +/g, " ") : tight(line)))
    .join("\\n");
}

/** "a - -b" keeps its space. @param {string} line */
const tight = (line) => line.replace(/ +/g, " ").replace(/ ?([*/=<>(){}[\],;?:&|!]) ?/g, "$1").replace(/(?<![-+]) ?([-+]) ?(?![-+ ])/g, "$1");

/** Every shader of three.js. @param {string} module @param {(text: string) => string} change */
export const eachShader = (module, change) => module.replace(SHADER, (text) => (IS_GLSL.test(text) ? change(text) : text));

/** For esbuild. @type {import("esbuild").Plugin} */
export const shaders = {
  name: "shaders",
  setup(build) {
    build.onLoad({ filter: /three[\\/]build[\\/]three\.module\.js$/ }, async ({ path }) => ({
      contents: eachShader(await readFile(path, "utf8"), shrinkShader),
      loader: "js",
    }));
  },
};

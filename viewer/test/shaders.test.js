import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { eachShader, shrinkShader } from "../shaders.mjs";

const TOKENS = /[A-Za-z_]\w*|\.?\d(?:[eE][-+]\d|[\w.])*|\+\+|--|&&|\|\||[-+*/<>=!&|^%]=|\S/g;
/** @param {string} text a literal; each directive ends with its line @returns {string[][]} */
const tokens = (text) => text.slice(1, -1).split("\\n").map((line) => line.replaceAll("\\t", " ").match(TOKENS) ?? []).filter((line) => line.length > 0);
/** Three.js looks for some of them by their text. @param {string} text */
const directives = (text) => text.slice(1, -1).split("\\n").map((line) => line.replaceAll("\\t", " ").trim().replace(/ +/g, " ")).filter((line) => line.startsWith("#"));

test("every shader of three.js keeps its tokens, line by line", () => {
  const module = readFileSync(new URL("../node_modules/three/build/three.module.js", import.meta.url), "utf8");
  let [count, before, after] = [0, 0, 0];
  eachShader(module, (text) => {
    const small = shrinkShader(text);
    assert.deepEqual(tokens(small), tokens(text));
    assert.deepEqual(directives(small), directives(text));
    [count, before, after] = [count + 1, before + text.length, after + small.length];
    return small;
  });
  assert.ok(count > 100 && after < 0.95 * before, `${count} shaders, ${before} to ${after}`);
});

test("two signs stay apart, directives keep their spaces", () => {
  assert.equal(shrinkShader('"a = b - - c;\\n\\t#define X ( 1 )\\n\\tx = y + ++z - 1.0e-3;"'), '"a=b - -c;\\n#define X ( 1 )\\nx=y + ++z-1.0e-3;"');
});

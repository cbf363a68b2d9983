import assert from "node:assert/strict";
import { test } from "node:test";

import { createStore } from "../src/page/store.js";
import { curvesOf, logit, metricName, tickEvery } from "../src/timeline/axes.js";
import { createClock, SPEEDS } from "../src/timeline/clock.js";
import { epochAt, epochText, metricAt, momentAt, nearestStep, timeOfEpoch } from "../src/timeline/moment.js";

const steps = [0, 1, 2].map((k) => ({ epoch: k * 5, step: null, time: k * 0.5, metrics: { test_accuracy: [0.1, 0.9, 0.99][k], train_loss: [2, 0.2, 0.02][k] } }));
const network = { steps, clips: [{ kind: "forward", layerTimes: { a: 0, b: 1, c: 2 } }], data: { accuracy: "test_accuracy" } };

test("a step is shown from its own time on", () => {
  assert.deepEqual(momentAt(steps, 0), { step: 0, next: 1, fraction: 0 });
  assert.deepEqual(momentAt(steps, 0.25), { step: 0, next: 1, fraction: 0.5 });
  assert.deepEqual(momentAt(steps, 0.5), { step: 1, next: 2, fraction: 0 });
  assert.deepEqual(momentAt(steps, 9), { step: 2, next: 2, fraction: 0 });
  assert.equal(nearestStep(steps, 0.3), 1);
});

test("epochs and times are each other's inverse", () => {
  for (const time of [0, 0.1, 0.5, 0.77, 1]) assert.ok(Math.abs(timeOfEpoch(steps, epochAt(steps, time)) - time) < 1e-9);
  assert.equal(timeOfEpoch(steps, 1e9), 1);
});

test("playing, looping, stepping and scrubbing", () => {
  const store = createStore({ network, duration: 1.2, playing: true, loop: true });
  const clock = createClock(store);
  clock.tick(0, 0.5);
  assert.equal(store.state.time, 0.5);
  store.set({ scrubbing: true });
  clock.tick(0, 0.5);
  assert.equal(store.state.time, 0.5, "the hand holds the clock");
  store.set({ scrubbing: false, speed: 2 });
  clock.tick(0, 0.5);
  assert.ok(Math.abs(store.state.time - 0.3) < 1e-9, "it loops");
  store.set({ loop: false });
  clock.tick(0, 3);
  assert.deepEqual([store.state.time, store.state.playing], [1.2, false]);
  clock.toggle();
  assert.equal(store.state.time, 0, "play at the end begins again");
  clock.step(1);
  assert.deepEqual([store.state.time, store.state.playing], [0.5, false]);
  clock.step(1);
  clock.step(1);
  assert.equal(store.state.time, 1);
  clock.first();
  assert.equal(store.state.time, 0);
  clock.seek(0.7);
  clock.release();
  assert.equal(store.state.time, 0.5, "it snaps to the nearest step");
  store.set({ clip: "forward", duration: 3 });
  clock.step(1);
  assert.equal(store.state.time, 1, "in a forward pass it steps by layers");
  store.set({ speed: 4 });
  clock.changeSpeed(1);
  assert.equal(store.state.speed, SPEEDS.at(-1));
});

test("accuracy lies on its logit, loss on its logarithm", () => {
  const [accuracy, loss] = curvesOf(network);
  assert.deepEqual([accuracy.kind, loss.kind], ["accuracy", "loss"]);
  assert.equal(accuracy.place(0.1), 0);
  assert.equal(accuracy.place(0.99), 1);
  assert.ok(Math.abs(accuracy.place(0.9) - (logit(0.9) - logit(0.1)) / (logit(0.99) - logit(0.1))) < 1e-9);
  assert.ok(Math.abs(loss.place(0.2) - 0.5) < 1e-9, "a tenth each time is a straight line");
  assert.ok(Number.isFinite(logit(0)) && Number.isFinite(logit(1)));
  assert.equal(metricName("test_accuracy"), "test accuracy");
});

test("numbers on the axis keep their distance", () => {
  assert.equal(tickEvery(11, 1000, 34), 1);
  assert.equal(tickEvery(101, 1000, 34), 5);
  for (const count of [7, 90, 5000]) assert.ok(count / tickEvery(count, 600, 34) <= 600 / 34);
});

test("between two recorded epochs the text says between which, and that a metric was not measured there", () => {
  assert.deepEqual(epochText(steps, 0.5, false), { epoch: "5", between: "" });
  assert.deepEqual(epochText(steps, 0.75, false), { epoch: "7.5", between: "between 5 and 10" });
  assert.deepEqual(epochText(steps, 0.75, true), { epoch: "5", between: "" });
  assert.deepEqual(epochText(steps, 9, false), { epoch: "10", between: "" });
  assert.deepEqual(metricAt([1, 2, 4], steps, 0.75, false), { value: 3, measured: false });
  assert.deepEqual(metricAt([1, 2, 4], steps, 0.75, true), { value: 2, measured: true });
  assert.deepEqual(metricAt([1, 2, 4], steps, 1, false), { value: 4, measured: true });
  assert.deepEqual(metricAt([1, 2, null], steps, 0.75, false), { value: null, measured: false });
});

import assert from "node:assert/strict";
import { Controls } from "../../../cli/top/controls.ts";

Deno.test("Controls quits at q and at Ctrl-C, and only at Ctrl-C while a filter is typed", () => {
  for (const key of ["q", "\x03", "xq"]) assert.equal(new Controls().press(key, 0), true);
  const controls = new Controls();
  assert.equal(controls.press("/q", 0), false);
  assert.equal(controls.shown.filter, "q");
  assert.equal(controls.press("\x03", 0), true);
});

Deno.test("Controls pauses, sorts by the next column and reverses", () => {
  const controls = new Controls();
  controls.press("psr", 0);
  const { isPaused, sort, isReversed } = controls.shown;
  assert.deepEqual([isPaused, sort, isReversed], [true, "behind", true]);
  controls.press("psssssssr", 0);
  assert.deepEqual([controls.isPaused, controls.shown.sort], [false, "state"]);
});

Deno.test("Controls scrolls by arrows and pages, within the existing rows", () => {
  const controls = new Controls();
  const after = (keys: string) => {
    controls.press(keys, 30);
    return controls.shown.offset;
  };
  assert.equal(after("\x1b[B\x1bOBj"), 3);
  assert.equal(after("\x1b[A"), 2);
  assert.equal(after("\x1b[6~"), 12);
  assert.equal(after("\x1b[F"), 29);
  assert.equal(after("\x1b[B"), 29);
  assert.equal(after("\x1b[H"), 0);
  assert.equal(after("\x1b[5~\x1b[200~\x1b[Z"), 0);
});

Deno.test("Controls accepts a filter of limited length, without control characters", () => {
  const controls = new Controls();
  controls.press("/né\x7f計\x01\x1b[A\r", 0);
  assert.deepEqual([controls.shown.filter, controls.shown.isTyping], ["n計", false]);
  controls.press(`/${"x".repeat(500)}\r`, 0);
  assert.equal(controls.shown.filter.length, 60);
  controls.press("\x1b", 0);
  assert.equal(controls.shown.filter, "");
});

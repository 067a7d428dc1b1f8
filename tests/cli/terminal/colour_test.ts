import assert from "node:assert/strict";
import { hasColour } from "../../../cli/terminal/colour.ts";

const TERMINAL = { isTerminal: true };
const PIPE = { isTerminal: false };

Deno.test("hasColour is true on a terminal only, unless variables say otherwise", () => {
  assert.equal(hasColour({}, TERMINAL, {}), true);
  assert.equal(hasColour({}, PIPE, {}), false);
  assert.equal(hasColour({}, TERMINAL, { NO_COLOR: "1" }), false);
  assert.equal(hasColour({}, TERMINAL, { NO_COLOR: "" }), true);
  assert.equal(hasColour({}, PIPE, { FORCE_COLOR: "1" }), true);
  assert.equal(hasColour({}, TERMINAL, { FORCE_COLOR: "0" }), false);
  assert.equal(hasColour({}, PIPE, { FORCE_COLOR: "1", NO_COLOR: "1" }), false);
});

Deno.test("hasColour follows --color before the terminal and the variables", () => {
  assert.equal(hasColour({ color: "always" }, PIPE, { NO_COLOR: "1" }), true);
  assert.equal(hasColour({ color: "never" }, TERMINAL, { FORCE_COLOR: "1" }), false);
  assert.equal(hasColour({ color: "auto" }, PIPE, {}), false);
});

import assert from "node:assert/strict";
import { createEnvironment } from "../../../cli/terminal/environment.ts";

const NAME = "OS_DF__A_TEST_OF_ITS_OWN";

Deno.test("createEnvironment has the current variables of the process", () => {
  const env = createEnvironment();
  assert.deepEqual([env[NAME], NAME in env, Object.hasOwn(env, NAME)], [undefined, false, false]);
  Deno.env.set(NAME, "x");
  try {
    assert.deepEqual([env[NAME], NAME in env, Object.hasOwn(env, NAME)], ["x", true, true]);
    assert(Object.keys(env).includes(NAME));
  } finally {
    Deno.env.delete(NAME);
  }
});

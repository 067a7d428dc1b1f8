import assert from "node:assert/strict";
import { collectGarbage } from "../../../cli/serve/serve.ts";

Deno.test("collectGarbage asks for all that can be had, where it may ask", () => {
  const asked: unknown[] = [];
  const scope = globalThis as { gc?: (how: unknown) => void };
  const before = scope.gc;
  scope.gc = (how) => asked.push(how);
  try {
    collectGarbage();
  } finally {
    if (before === undefined) delete scope.gc;
    else scope.gc = before;
  }
  assert.deepEqual(asked, [{ type: "major", execution: "sync", flavor: "last-resort" }]);
});

Deno.test("collectGarbage does nothing, where it may not ask", () => {
  assert.equal("gc" in globalThis, false);
  collectGarbage();
});

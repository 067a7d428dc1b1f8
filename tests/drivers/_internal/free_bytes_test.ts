import assert from "node:assert/strict";
import { freeBytes } from "../../../drivers/_internal/free_bytes.ts";

Deno.test("freeBytes equals the output of df for the file system of a path", async () => {
  const args = ["--output=avail", "--block-size=1", "/"];
  const { stdout } = await new Deno.Command("df", { args }).output();
  const wanted = Number(new TextDecoder().decode(stdout).split("\n")[1]);
  const free = freeBytes("/");
  // Other processes write at the same time.
  assert(free !== undefined && Math.abs(free - wanted) < 2 ** 30, `${free}, wanted ${wanted}`);
});

Deno.test("freeBytes is undefined, when the path does not exist", () => {
  assert.equal(freeBytes("/nonexistent/path"), undefined);
});

import assert from "node:assert/strict";
import { privateMemory } from "../../../drivers/_internal/private_memory.ts";

const FILLED_BYTES = 64 * 1024 * 1024;

Deno.test("privateMemory counts memory that a process has written, but not pages of files", () => {
  const before = privateMemory();
  const { rss } = Deno.memoryUsage();
  assert(before > 0 && before < rss, `${before} of ${rss} bytes`);
  const filled = new Uint8Array(FILLED_BYTES).fill(1);
  // Meanwhile garbage of other tests may be collected.
  const grown = privateMemory() - before;
  assert(grown >= FILLED_BYTES / 2, `${grown} bytes more after ${filled.length}`);
});

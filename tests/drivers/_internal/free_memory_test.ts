import assert from "node:assert/strict";
import { returnFreeMemory } from "../../../drivers/_internal/free_memory.ts";
import { openLibc } from "../../../drivers/_internal/libc.ts";

const [BLOCKS, BLOCK_BYTES] = [800, 64 * 1024];

Deno.test("returnFreeMemory returns blocks to the kernel that were freed between others", async () => {
  using libc = openLibc({
    malloc: { parameters: ["usize"], result: "pointer" },
    memset: { parameters: ["pointer", "i32", "usize"], result: "pointer" },
    free: { parameters: ["pointer"], result: "void" },
  });
  const { malloc, memset, free } = libc.symbols;
  const blocks = Array.from({ length: BLOCKS }, () => {
    const block = malloc(BigInt(BLOCK_BYTES));
    memset(block, 1, BigInt(BLOCK_BYTES));
    return block;
  });
  // Every second block stays, so that the allocator cannot return the free ones by itself.
  blocks.forEach((block, index) => index % 2 === 0 || free(block));
  const before = Deno.memoryUsage().rss;
  await returnFreeMemory();
  const returned = before - Deno.memoryUsage().rss;
  blocks.forEach((block, index) => index % 2 !== 0 || free(block));
  assert(returned > BLOCKS * BLOCK_BYTES / 4, `${returned} bytes returned`);
});

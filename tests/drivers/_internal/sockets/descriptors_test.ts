import assert from "node:assert/strict";
import { countDescriptors } from "../../../../drivers/_internal/sockets/descriptors.ts";

Deno.test("countDescriptors counts an opened file, and stays below the limit of the process", async () => {
  const before = countDescriptors();
  using _file = await Deno.open("/dev/null");
  const { open, max } = countDescriptors();
  assert.equal(open, before.open + 1);
  assert(max > open, `${open} of ${max}`);
});

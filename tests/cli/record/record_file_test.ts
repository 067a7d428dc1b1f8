import assert from "node:assert/strict";
import { RecordFile } from "../../../cli/record/record_file.ts";

Deno.test("RecordFile.open refuses names and flags that it cannot follow", async () => {
  const refused = [
    ["-", {}, /subscribe --json writes to standard output/],
    ["/nowhere/events.zst", {}, /zstd is not supported, wanted a name that ends with \.gz/],
    ["/nowhere/events.gz", { append: true }, /--append needs a file that is not compressed/],
    ["/nowhere/events", { append: true, force: true }, /--append and --force exclude each other/],
  ] as const;
  for (const [path, flags, message] of refused) {
    await assert.rejects(RecordFile.open(path, flags, () => {}), { name: "UsageError", message });
  }
});

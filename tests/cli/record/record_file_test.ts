import assert from "node:assert/strict";
import { RecordFile } from "../../../cli/record/record_file.ts";
import { tempDir } from "../../support/temp_dir.ts";

const CONTEXT = {
  onError: (error: unknown) => assert.fail(String(error)),
  signal: new AbortController().signal,
};

Deno.test("RecordFile.open refuses names and flags that it cannot follow", async () => {
  await using directory = await tempDir();
  const refused = [
    [directory.path, {}, /^Cannot open ".*": is a directory, wanted a file$/],
    [directory.path, { force: true }, /^Cannot open ".*": is a directory, wanted a file$/],
    ["-", {}, /subscribe --json writes to standard output/],
    ["/nowhere/events.zst", {}, /zstd is not supported, wanted a name that ends with \.gz/],
    ["/nowhere/events.gz", { append: true }, /--append needs a file that is not compressed/],
    ["/nowhere/events", { append: true, force: true }, /--append and --force exclude each other/],
  ] as const;
  for (const [path, flags, message] of refused) {
    await assert.rejects(RecordFile.open(path, flags, CONTEXT), { name: "UsageError", message });
  }
});

Deno.test("RecordFile says that its file was removed or replaced, at the next write or the end", async () => {
  await using directory = await tempDir();
  const message = /^Cannot write ".*": the file was removed$/;
  const open = async (name: string) => {
    const path = directory.join(name);
    const file = await RecordFile.open(path, {}, CONTEXT);
    file.write("line\n");
    return { path, file };
  };
  for (const name of ["events", "events.gz"]) {
    const { path, file } = await open(name);
    using _file = file;
    await Deno.remove(path);
    await assert.rejects(file.finish(), { message });
  }
  const { path, file } = await open("replaced");
  using _file = file;
  await Deno.writeTextFile(directory.join("other"), "");
  await Deno.rename(directory.join("other"), path);
  assert.throws(() => file.write("line\n"), { message });
});

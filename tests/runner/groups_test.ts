import assert from "node:assert/strict";
import { tempDir } from "../support/temp_dir.ts";
import { groupsOf, testFilesAt } from "./groups.ts";

Deno.test("testFilesAt finds every test file once, when folders and files overlap", async () => {
  await using root = await tempDir();
  await Deno.mkdir(root.join("tests/b"), { recursive: true });
  for (const name of ["a_test.ts", "support.ts", "b/c_test.ts", "b/d_test.ts"]) {
    await Deno.writeTextFile(root.join("tests", name), "");
  }
  const all = ["tests/a_test.ts", "tests/b/c_test.ts", "tests/b/d_test.ts"];
  assert.deepEqual(await testFilesAt(root.path, ["tests"]), all);
  assert.deepEqual(await testFilesAt(root.path, ["tests/b/", "tests/b/c_test.ts"]), all.slice(1));
  const message = '"tests/none": no such file or folder of tests';
  await assert.rejects(testFilesAt(root.path, ["tests/none"]), { name: "RangeError", message });
});

Deno.test("groupsOf puts every file in one group, those of slow folders first in smaller ones", () => {
  const names = ["cli/a", "cli/b", "cli/c", "drivers/d", "e2e/e", "e2e/f", "e2e/g", "faults/h"];
  const files = names.map((name) => `tests/${name}_test.ts`);
  const groups = groupsOf(files, 6);
  assert.deepEqual(groups.flat().sort(), files);
  const folders = groups.map((group) => group.map((file) => file.split("/")[1]).join(" "));
  assert.deepEqual(folders, ["faults", "e2e e2e", "e2e", "cli cli cli drivers"]);
});

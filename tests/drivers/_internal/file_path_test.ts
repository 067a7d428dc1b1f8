import assert from "node:assert/strict";
import { dirname, resolve } from "node:path";
import { absolutePath, directoryOf, normalPath } from "../../../drivers/_internal/file_path.ts";

const PATHS = ["/a/b/c", "/a", "/", "a", "a/b", "./a", "../a/b", "/a/b/", "a/", ".", ""];

for (const path of PATHS) {
  Deno.test(`directoryOf returns the directory of "${path}" as Node does`, () => {
    assert.equal(directoryOf(path), dirname(path));
  });
}

Deno.test("directoryOf removes redundant slashes", () => {
  assert.equal(directoryOf("/a//b"), "/a");
});

Deno.test("absolutePath begins at the root, for relative and absolute paths", () => {
  assert.equal(absolutePath("/a/b"), "/a/b");
  assert.equal(absolutePath("a/b"), `${Deno.cwd()}/a/b`);
  assert.equal(absolutePath(":memory:"), `${Deno.cwd()}/:memory:`);
});

for (const path of [...PATHS, "/a/../..", "a/./../b", "/a/b/../c/"]) {
  Deno.test(`normalPath resolves "${path}" as Node does`, () => {
    assert.equal(normalPath(path, "/x/y"), resolve("/x/y", path));
  });
}

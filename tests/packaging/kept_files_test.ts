import assert from "node:assert/strict";
import { isKept, libraryPath } from "../../packaging/kept_files.ts";
import { targetOf } from "../../packaging/targets.ts";

const AMD64 = targetOf("x86_64-unknown-linux-gnu");
const ARM64 = targetOf("aarch64-unknown-linux-gnu");
const ZEROMQ = "zeromq@6.8.0/node_modules/zeromq";

Deno.test("isKept keeps one platform's library, and nothing else of its package", () => {
  for (const [target, other] of [[AMD64, ARM64], [ARM64, AMD64]] as const) {
    assert(isKept(`${ZEROMQ}/${libraryPath(target)}`, target));
    assert(!isKept(`${ZEROMQ}/${libraryPath(other)}`, target));
  }
  const musl = `${ZEROMQ}/build/linux/x64/node/musl-127-Release/addon.node`;
  const darwin = `${ZEROMQ}/build/darwin/arm64/node/115/addon.node`;
  for (const path of [musl, darwin, `${ZEROMQ}/lib/index.js`]) assert(!isKept(path, AMD64), path);
  assert(isKept(`${ZEROMQ}/package.json`, AMD64));
});

Deno.test("isKept keeps code and licences of packages, but no types and no maps", () => {
  const inside = (file: string) => isKept(`@a+b@1.0.0/node_modules/@a/b/${file}`, AMD64);
  for (const file of ["index.js", "dist/x.mjs", "data.json", "LICENSE", "license.txt"]) {
    assert(inside(file), file);
  }
  for (const file of ["index.d.ts", "index.js.map", "README.md", "dist.umd/x.js"]) {
    assert(!inside(file), file);
  }
});

Deno.test("isKept keeps Deno's notes of what is installed", () => {
  assert(isKept(".setup-cache.bin", AMD64));
  assert(isKept("ioredis@6.0.0/.initialized", AMD64));
});

Deno.test("libraryPath is where the installed package has its library", async () => {
  for (const target of [AMD64, ARM64]) {
    const path = new URL(
      `../../node_modules/zeromq/${libraryPath(target)}`,
      import.meta.url,
    );
    assert((await Deno.stat(path)).isFile);
  }
});

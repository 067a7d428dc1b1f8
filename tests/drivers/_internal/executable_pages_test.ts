import assert from "node:assert/strict";
import { dropExecutablePages } from "../../../drivers/_internal/executable_pages.ts";
import { kernelText } from "../../../drivers/_internal/libc.ts";

const MIN_DROPPED_BYTES = 1024 * 1024;

Deno.test("dropExecutablePages removes pages from memory, and the kernel maps them again when they are used", () => {
  const before = pagesOfFiles();
  dropExecutablePages();
  const after = pagesOfFiles();
  assert(before - after >= MIN_DROPPED_BYTES, `${before} bytes before, ${after} after`);
  assert.equal(new Intl.NumberFormat("de").format(1234.5), "1.234,5");
  assert.match(new Date(0).toISOString(), /^1970/);
});

function pagesOfFiles(): number {
  const [, kilobytes] = kernelText("/proc/self/status")?.match(/^RssFile:\s+(\d+) kB$/m) ?? [];
  return Number(kilobytes) * 1024;
}

import assert from "node:assert/strict";
import { manPage } from "../../packaging/man_page.ts";

const page = manPage(new Date(0));

Deno.test("manPage has a section for every command, with its flags and examples", () => {
  for (const command of ["serve", "publish", "subscribe", "publishers prune", "config show"]) {
    assert(page.includes(`.SS ${command}\n`), command);
  }
  assert.match(page, /^\.B \\-\\-config\\-file <file>$/m);
  assert.match(page, /^ {2}\$ df\\-pubsub publish \\-\\-action sync$/m);
});

Deno.test("manPage lists the exit codes once", () => {
  assert.equal(page.split("Exit codes:").length, 2);
});

Deno.test("manPage has no character and no line that the formatter would interpret", () => {
  // deno-lint-ignore no-control-regex
  assert.doesNotMatch(page, /[^\x00-\x7f]/);
  for (const [line] of page.matchAll(/^[.'].*$/gm)) {
    assert.match(line, /^\.(TH|SH|SS|B|TP|PP|nf|fi)( |$)/);
  }
});

import assert from "node:assert/strict";
import { optionTable } from "../../cli/composition.ts";
import { configurationManPage } from "../../packaging/configuration_man_page.ts";
import { manPage } from "../../packaging/man_page.ts";

const page = manPage(new Date(0));
const configurationPage = configurationManPage(new Date(0));

Deno.test("manPage has a section for every command, with its flags and examples", () => {
  for (const command of ["serve", "publish", "publishers prune", "config show", "completion"]) {
    assert(page.includes(`.SS ${command}\n`), command);
  }
  assert.match(page, /^\.B \\-\\-stdin$/m);
  assert.match(page, /^ {2}\$ df\\-pubsub publish \\-\\-action sync$/m);
});

Deno.test("manPage explains the flags of all commands and the exit codes once", () => {
  assert.equal(page.split("\n.B \\-\\-config\\-file <file>\n").length, 2);
  assert.equal(page.split("Exit codes:").length, 2);
});

Deno.test("manPage has the parts that people look for", () => {
  for (const heading of ["ENVIRONMENT", "SIGNALS", "FILES", "EVENT FORMAT", "EXIT STATUS"]) {
    assert(page.includes(`\n.SH ${heading}\n`), heading);
  }
});

Deno.test("configurationManPage explains every option of the table", () => {
  for (const { name } of optionTable) assert(configurationPage.includes(`\n.B ${name}\n`), name);
});

for (
  const [name, text] of Object.entries({ manPage: page, configurationManPage: configurationPage })
) {
  Deno.test(`${name} has no character and no line that the formatter would interpret`, () => {
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(text, /[^\x00-\x7f]/);
    for (const [line] of text.matchAll(/^[.'].*$/gm)) {
      assert.match(line, /^\.(TH|SH|SS|B|BR|TP|PP|nf|fi)( |$)/);
    }
  });

  // The second device is that of the locale C.
  for (const device of ["utf8", "ascii"]) {
    Deno.test(`${name} is formatted for a terminal with ${device} without a warning`, async () => {
      const groff = new Deno.Command("groff", {
        args: ["-ww", "-man", `-T${device}`, "-z"],
        stdin: "piped",
        stderr: "piped",
      }).spawn();
      await new Response(text).body?.pipeTo(groff.stdin);
      const { success, stderr } = await groff.output();
      assert.deepEqual([success, new TextDecoder().decode(stderr)], [true, ""]);
    });
  }
}

import assert from "node:assert/strict";
import { readSources } from "../../cli/composition.ts";
import { FakeIo } from "../support/fakes/fake_io.ts";
import { blocksOf, readPages } from "./pages.ts";

Deno.test("every ini block of a page is read without an error and without a warning", async () => {
  const blocks = (await readPages()).flatMap((page) => blocksOf(page, "ini"));
  assert(blocks.length > 0);
  for (const { place, text } of blocks) {
    const io = new FakeIo({ files: { "page.ini": text } });
    const reading = await readSources({ configFile: ["page.ini"] }, io);
    const { problems, warnings, retiredNotice } = reading;
    const said = { problems, warnings, retiredNotice };
    assert.deepEqual(said, { problems: [], warnings: [], retiredNotice: undefined }, place);
  }
});

import { strictEqual } from "node:assert/strict";
import { configurationPage } from "../../docs/write_configuration.ts";

Deno.test("docs/configuration.md is what the option table says: run `deno task docs`", async () => {
  const page = await Deno.readTextFile(new URL("../../docs/configuration.md", import.meta.url));
  strictEqual(page, configurationPage());
});

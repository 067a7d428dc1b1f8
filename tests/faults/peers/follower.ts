// A node that follows the rows of one table through NbApi. It prints each change as one line of
// JSON: {table, action, key, value}. Arguments: the table, then options, each `group.option=value`.
import { openNbApi, say } from "../harness/nb_api_process.ts";

const [followed = "", ...overrides] = Deno.args;
await using api = await openNbApi(overrides, [followed]);
Deno.addSignalListener("SIGTERM", () => Deno.exit(0));
for await (const { table, action, key, value } of api.changes()) {
  say({ table, action, key, value });
}

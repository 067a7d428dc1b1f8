// A node that lives by the rows of one table, through NbApi: writes what it is told, a JSON object a
// line: {table, action, key, value}. Arguments: the table, then `group.option=value` each.
import { openNbApi, say } from "../harness/nb_api_process.ts";

const [followed = "", ...overrides] = Deno.args;
await using api = await openNbApi(overrides, [followed]);
Deno.addSignalListener("SIGTERM", () => Deno.exit(0));
for await (const { table, action, key, value } of api.changes()) {
  say({ table, action, key, value });
}

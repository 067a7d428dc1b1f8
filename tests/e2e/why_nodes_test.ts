import assert from "node:assert/strict";
import { Deployment } from "../support/deployment.ts";
import { eventually } from "../support/eventually.ts";
import { jsonLines } from "../support/lines.ts";

const EVENT = ["publish", "--table", "lport", "--key", "p1", "--action", "set", "--value", "v"];

interface Report {
  readonly events: readonly { readonly key: string }[];
  readonly notes: readonly string[];
}

Deno.test("why exits 0 with a note, when the network driver does not know which nodes have applied an event", async () => {
  await using deployment = await Deployment.create();
  await using service = await deployment.serve({
    "df.pub_sub_driver": "libzmq_pubsub_driver",
    "df.http_address": "127.0.0.1:0",
    "df.recorder_path": deployment.path("recorder"),
  });
  const [, url = ""] = await service.program.stderr.waitFor(/^health at (\S+)$/m);
  assert.equal((await deployment.runHere(EVENT)).code, 0);
  const { code, stdout, stderr } = await eventually(
    () => deployment.runHere(["why", "lport", "p1", "--url", url]),
    ({ stdout }) => jsonLines<Report>(stdout)[0]?.events.length === 1,
  );
  assert.deepEqual([code, stderr], [0, ""]);
  const [report] = jsonLines<Report>(stdout);
  assert.match(report?.notes.join() ?? "", /^It is not known which nodes have applied the last /);
});

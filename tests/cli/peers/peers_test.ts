import assert from "node:assert/strict";
import { run } from "../../../cli/program.ts";
import { listenPlain } from "../../../cli/serve/http_listener.ts";
import { HttpServer } from "../../../cli/serve/http_server.ts";
import { FakeIo } from "../../support/fakes/fake_io.ts";

/** A subscriber as the page shows it. */
function peer(node: string, processId: number, topics: readonly string[]) {
  return {
    ...{ address: "192.0.2.7:40000", node, processId, version: "1.0.0", socketType: "SUB" },
    ...{ topics, topicCount: topics.length, connectedAt: new Date(0).toISOString() },
    ...{ backlog: { events: 0, bytes: 0 }, skipped: 0, replayed: 0, lost: 0, applied: null },
  };
}

Deno.test("run peers does not list the command itself, when the service still sees its connection", async () => {
  const peers = [peer("itself", Deno.pid, []), peer("a", Deno.pid, ["D"]), peer("b", 0, [])];
  const body = JSON.stringify({ publisher: "p", total: 3, peers, gone: [] });
  const answer = { status: 200, headers: {}, body };
  const listener = listenPlain({ hostname: "127.0.0.1", port: 0 });
  await using service = new HttpServer(listener, () => Promise.resolve(answer));
  const io = new FakeIo();
  assert.equal(await run(["peers", "--json", "--no-config", "--url", service.url], io), 0);
  const nodes = io.out.text.trim().split("\n").map((line) => JSON.parse(line).node);
  assert.deepEqual(nodes.sort(), ["a", "b"]);
});

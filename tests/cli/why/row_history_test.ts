import assert from "node:assert/strict";
import { listenPlain } from "../../../cli/serve/http_listener.ts";
import { HttpServer } from "../../../cli/serve/http_server.ts";
import { rowHistory } from "../../../cli/why/row_history.ts";

/** A service that has kept these events of a row, the oldest first: values with their seconds. */
function serviceWith(publisher: string, events: Readonly<Record<string, number>>): HttpServer {
  const found = Object.entries(events).map(([value, second], index) => ({
    ...{ action: "set", topic: "D", publisher, epoch: 1, seq: index + 1, value },
    at: new Date(Date.UTC(2026, 10, 29, 10, 0, second)).toISOString(),
  }));
  const report = { publisher, searched: ["memory"], losses: [], reachesBackTo: null };
  const body = JSON.stringify({ ...report, events: found.reverse() });
  return new HttpServer(
    listenPlain({ hostname: "127.0.0.1", port: 0 }),
    () => Promise.resolve({ status: 200, headers: {}, body }),
  );
}

Deno.test("rowHistory merges the events of services by time, and keeps their order when a clock was set back", async () => {
  await using one = serviceWith("one", { a: 30, b: 10, c: 40 });
  await using other = serviceWith("other", { x: 20, y: 35 });
  const places = [one, other].map(({ url }) => ({ pages: new URL(url) }));
  const deadline = performance.now() + 10_000;
  const limits = { deadline, signal: new AbortController().signal };
  const { events, problems } = await rowHistory(places, { table: "lport", key: "k" }, limits);
  assert.deepEqual(problems, []);
  assert.deepEqual(events.map(({ value }) => value), ["x", "a", "b", "y", "c"]);
});

import assert from "node:assert/strict";
import { listenPlain } from "../../../cli/serve/http_listener.ts";
import { HttpServer } from "../../../cli/serve/http_server.ts";
import { rowNodes } from "../../../cli/why/row_nodes.ts";

const EVENT = {
  ...{ action: "set", topic: "D", publisher: "one", epoch: 1, seq: 1, value: "v" },
  at: "2026-11-29T10:00:00.000Z",
};

/** What `rowNodes` says of a service with a node that is behind, at this position of the topic. */
async function notesAt(position: object): Promise<readonly string[]> {
  const node = { node: "compute-1", address: "compute-1", state: "catching-up", behind: 60 };
  const applied = { publisher: "one", position, stragglers: [node], ignored: [] };
  const pages = { "/applied": applied, "/peers": { publisher: "one", peers: [] } };
  await using server = new HttpServer(
    listenPlain({ hostname: "127.0.0.1", port: 0 }),
    ({ target }) => {
      const path = target.startsWith("/applied") ? "/applied" : "/peers";
      return Promise.resolve({ status: 200, headers: {}, body: JSON.stringify(pages[path]) });
    },
  );
  const { nodes, notes, problems } = await rowNodes({ pages: new URL(server.url) }, EVENT);
  assert.deepEqual([nodes.map(({ behind }) => behind), problems], [[60], []]);
  return notes;
}

Deno.test("rowNodes says that a node that is behind on a broker may have applied the event", async () => {
  assert.deepEqual(await notesAt({ publisher: "one", epoch: 1, topic: "D", seq: 1 }), []);
  assert.deepEqual(await notesAt({ topic: "D", position: "1796069700000-0" }), [
    'Nodes that are behind in topic "D" may have applied the last event of the row',
  ]);
});

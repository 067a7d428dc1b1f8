import assert from "node:assert/strict";
import { listenPlain } from "../../../cli/serve/http_listener.ts";
import { HttpServer } from "../../../cli/serve/http_server.ts";
import { answer } from "../../../cli/serve/pages.ts";
import { hostFiles } from "../../../drivers/host.ts";
import { systemClock } from "../../../service/base/clock.ts";
import { encodeUpdate } from "../../../service/event/codec/encode.ts";
import { dbUpdate } from "../../../service/event/db_update.ts";
import { NbApi } from "../../../service/node/nb_api.ts";
import type { ServiceView } from "../../../service/controller/observability/service_view.ts";
import { withoutLeaks } from "../../support/handles.ts";
import { serviceParts, startService } from "../../support/service_fixture.ts";
import { tempDir } from "../../support/temp_dir.ts";
import { zmqMultiprocDriver } from "../../support/zmq/zmq_drivers.ts";

const TOKEN = "4f1c6a8e2b7d4f1c6a8e2b7d";

function settingsIn(directory: string, name: string, port = "0") {
  return {
    "df.pub_sub_driver": "zmq_pubsub_driver",
    "df.pub_sub_multiproc_driver": "zmq_pubsub_multiproc_driver",
    "df.publisher_bind_address": "127.0.0.1",
    "df.publisher_port": port,
    "df.publishers_ips": "127.0.0.1",
    "df.publisher_multiproc_socket": `${directory}/socket`,
    "df.http_token_file": `${directory}/token`,
    "df_zmq.node_name": name,
  };
}

Deno.test("NbApi.applied says how to name an event, when it is asked for the origin on a broker", async () => {
  await using api = await NbApi.open(await serviceParts({ "df.pub_sub_use_multiproc": "false" }));
  const origin = { publisher: "p", epoch: 1, topic: "D", seq: 1 };
  await assert.rejects(api.applied(origin, { nodes: "all" }), {
    code: "NO_PUBLISHER_SERVICE",
    message:
      'Cannot ask publisher "p": no publisher is followed: on a broker, wanted the topic and ' +
      "the position of the event",
  });
});

Deno.test("NbApi.applied resolves when enough nodes have an event, waits for no process that only writes, and rejects when its signal aborts or its token is missing", () =>
  withoutLeaks(async () => {
    await using directory = await tempDir();
    const shown: { view?: ServiceView } = {};
    await using server = new HttpServer(
      listenPlain({ hostname: "127.0.0.1", port: 0 }),
      (request) => {
        assert(shown.view !== undefined);
        const feed = { stream: () => new ReadableStream<string>() };
        return answer(request, { source: shown.view, feed, token: TOKEN });
      },
    );
    await Deno.writeTextFile(`${directory.path}/token`, TOKEN);
    const parts = await serviceParts(settingsIn(directory.path, "controller"));
    await using service = await startService(parts, { clock: systemClock, pages: server.url });
    shown.view = service.observation;
    const { port } = new URL(service.networkAddress);
    const open = async (name: string, more = {}) => {
      const node = await serviceParts(settingsIn(directory.path, name, port));
      const api = await NbApi.open({ ...node, clock: systemClock, ...more });
      await api.ready({ timeoutMs: 10_000 });
      return api;
    };
    await using fast = await open("fast", { io: hostFiles });
    await using slow = await open("slow");
    await using _writer = await open("writer");
    const changes = fast.changes()[Symbol.asyncIterator]();
    const slowChanges = slow.changes()[Symbol.asyncIterator]();
    await using publisher = await zmqMultiprocDriver(directory.path).openPublisher();
    const update = dbUpdate({ table: "lport", key: "k", action: "set", value: "v" });
    await publisher.send("D", encodeUpdate(update, "map"), { timeoutMs: 10_000 });
    const origin = (await changes.next()).value?.origin;
    assert(origin !== undefined);
    const more = changes.next();
    const one = await fast.applied(origin, { nodes: { count: 1 } });
    assert.equal(one.nodes, 3);
    const bounds = { signal: AbortSignal.timeout(30_000) };
    const two = await fast.applied(origin, { nodes: { count: 2 }, ...bounds });
    assert.deepEqual(two.stragglers.map(({ node }) => node), ["slow"]);
    const untyped = [undefined, null, 3, "3"] as unknown as { count: number }[];
    for (const wrong of [{ count: 0 }, { count: 1.5 }, { percent: 101 }, ...untyped]) {
      await assert.rejects(fast.applied(origin, { nodes: wrong }), {
        name: "RangeError",
        message: 'NbApi.applied: "nodes" must be all, a number from 1, or a percentage',
      });
    }
    const refused = { code: "NO_PUBLISHER_SERVICE", message: /wanted the token/ };
    await assert.rejects(slow.applied(origin, { nodes: "all" }), refused);
    const signal = AbortSignal.timeout(300);
    await assert.rejects(fast.applied(origin, { nodes: "all", signal }), { name: "TimeoutError" });
    const all = fast.applied(origin, { nodes: "all", ...bounds });
    await slowChanges.next();
    const rest = slowChanges.next();
    assert.equal((await all).applied, 3);
    await fast.close();
    await slow.close();
    await Promise.all([more, rest]);
  }));

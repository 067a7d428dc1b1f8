import assert from "node:assert/strict";
import { encodeUpdate } from "../../../service/event/codec/encode.ts";
import { dbUpdate } from "../../../service/event/db_update.ts";
import { NbApi } from "../../../service/node/nb_api.ts";
import type { PublisherService } from "../../../service/controller/publisher_service.ts";
import { systemClock } from "../../../service/base/clock.ts";
import { eventually } from "../../support/eventually.ts";
import { withoutLeaks } from "../../support/handles.ts";
import { startPythonPeer } from "../../support/python_peer.ts";
import { hex } from "../../support/python_node.ts";
import { serviceParts, startService } from "../../support/service_fixture.ts";
import { tempDir } from "../../support/temp_dir.ts";
import { zmqMultiprocDriver } from "../../support/zmq/zmq_drivers.ts";

/** Settings for a service on real sockets in a directory, and for nodes that follow its port. */
function zmqIn(directory: string, port = "0"): Readonly<Record<string, string>> {
  return {
    "df.pub_sub_driver": "zmq_pubsub_driver",
    "df.pub_sub_multiproc_driver": "zmq_pubsub_multiproc_driver",
    "df.publisher_bind_address": "127.0.0.1",
    "df.publisher_port": port,
    "df.publishers_ips": "127.0.0.1",
    "df.publisher_multiproc_socket": `${directory}/socket`,
    "df_zmq.node_name": "compute-7",
  };
}

function samplesOf({ observation }: PublisherService, name: string) {
  return observation.metrics().find((family) => family.name === name)?.samples;
}

async function send(directory: string, keys: readonly string[]): Promise<void> {
  await using publisher = await zmqMultiprocDriver(directory).openPublisher();
  for (const key of keys) {
    const update = dbUpdate({ table: "lport", key, action: "set", value: "v" });
    await publisher.send("D", encodeUpdate(update, "map"), { timeoutMs: 10_000 });
  }
}

Deno.test("PublisherService reports how many events a node's application has not yet taken", () =>
  withoutLeaks(async () => {
    await using directory = await tempDir();
    const parts = await serviceParts(zmqIn(directory.path));
    await using service = await startService(parts, { clock: systemClock });
    const node = await serviceParts(zmqIn(directory.path, new URL(service.networkAddress).port));
    await using api = await NbApi.open({ ...node, clock: systemClock });
    await api.ready({ timeoutMs: 10_000 });
    const changes = api.changes()[Symbol.asyncIterator]();
    await send(directory.path, ["a", "b", "c"]);
    assert.equal((await changes.next()).value?.key, "a");
    const only = async () => (await service.observation.peers(10)).peers[0];
    const busy = await eventually(only, (peer) => peer?.applied?.behind === 3);
    assert.deepEqual([busy?.node, busy?.topics], ["compute-7", ["D"]]);
    await changes.next();
    await changes.next();
    // The next request shows that the application has processed the third event.
    const more = changes.next();
    await eventually(only, (peer) => peer?.applied?.behind === 0);
    await send(directory.path, ["d"]);
    assert.equal((await more).value?.key, "d");
  }));

Deno.test("PublisherService reports the skipped events of a node, and counts them after the node has left", () =>
  withoutLeaks(async () => {
    await using directory = await tempDir();
    const parts = await serviceParts({
      ...zmqIn(directory.path),
      "df_zmq.wire_log_bytes": "65536",
      "df.pub_sub_max_event_bytes": "65536",
    });
    await using service = await startService(parts, { clock: systemClock });
    const address = service.networkAddress;
    {
      await using node = await startPythonPeer({
        type: "SUB",
        role: "connect",
        address,
        options: { RCVHWM: 1 },
      });
      await node.order({ do: "subscribe", topic: hex("D") });
      const { observation } = service;
      await eventually(() => observation.peers(10), ({ peers }) => peers[0]?.topicCount === 1);
      node.kill("SIGSTOP");
      await using publisher = await zmqMultiprocDriver(directory.path).openPublisher();
      const value = "v".repeat(50_000);
      const update = dbUpdate({ table: "lport", key: "k", action: "set", value });
      const payload = encodeUpdate(update, "map");
      const sendOne = async () => {
        for (let at = 0; at < 50; at++) await publisher.send("D", payload, { timeoutMs: 10_000 });
        return (await observation.peers(10)).peers[0];
      };
      const skipped = await eventually(sendOne, (peer) => (peer?.skipped ?? 0) > 0);
      assert.deepEqual([skipped?.node, skipped?.applied, skipped?.topics], [null, null, ["D"]]);
      assert.equal((await observation.peers(10)).total, 1);
    }
    await eventually(() => service.observation.peers(10), ({ total }) => total === 0);
    const [sample] = samplesOf(service, "df_pubsub_peer_events_skipped_total") ?? [];
    assert((sample?.value ?? 0) > 0);
    assert.deepEqual(samplesOf(service, "df_pubsub_peer_lag_events"), []);
  }));

Deno.test("PublisherService reports no peers and a reason, when the driver does not know them", async () => {
  await using service = await startService(await serviceParts());
  const { publisher, ...report } = await service.observation.peers(10);
  assert.match(publisher, /^[0-9a-f-]{36}$/);
  assert.deepEqual(report, {
    total: 0,
    peers: [],
    gone: [],
    reason: "the network driver does not know its subscribers",
  });
});

import assert from "node:assert/strict";
import { publisherId } from "../../service/publishers/publisher_id.ts";
import { Deployment } from "../support/deployment.ts";
import { fieldsOf, startNode } from "../support/python_node.ts";
import type { PeerMessage } from "../support/python_peer.ts";

const HOST = "node.example.com";
const ID = await publisherId(HOST);

function member(message: PeerMessage, name: string): unknown {
  return new Map<string, unknown>(Object.entries(message.decoded ?? {})).get(name);
}

for (const format of ["map", "json"] as const) {
  Deno.test(`a node of the original reads a positioned stream unchanged, ${format}`, async () => {
    await using deployment = await Deployment.create({
      "df.pub_sub_wire_format": format,
      // No events other than those of the test.
      "df.monitor_tables": "",
      "df.publisher_id_name": HOST,
    });
    await using service = await deployment.serve();
    await using node = await startNode(deployment, service);
    const events = Array.from({ length: 200 }, (_, n) => ({
      table: n % 3 === 0 ? "lport" : "lswitch",
      key: `k-${n}-é`,
      action: n % 2 === 0 ? "create" : "delete",
      value: n % 5 === 0 ? null : JSON.stringify({ n, text: "}".repeat(n) }),
      topic: "D",
    }));
    const lines = events.map((event) => `${JSON.stringify(event)}\n`).join("");
    await deployment.publish(lines);
    let last: number | undefined;
    for (const event of events) {
      const message = await node.message();
      assert.equal(message.frames.length, 2);
      assert.deepEqual(fieldsOf(message.decoded), event);
      assert.equal(member(message, "publisher"), ID);
      const seq = Number(member(message, "seq"));
      assert(last === undefined || seq === last + 1, `${seq} after ${last}`);
      last = seq;
    }
  });

  Deno.test(`an event of exactly the maximum size arrives end to end, ${format}`, async () => {
    await using deployment = await Deployment.create({
      "df.pub_sub_wire_format": format,
      // No events other than those of the test.
      "df.monitor_tables": "",
      "df.pub_sub_max_event_bytes": 2048,
    });
    await using service = await deployment.serve();
    await using node = await startNode(deployment, service);
    const event = (length: number) => ({
      ...{ table: "lport", key: "k", action: "set", topic: "D" },
      value: "v".repeat(length),
    });
    const publish = (length: number) =>
      deployment.runHere(["publish", "--stdin"], JSON.stringify(event(length)));
    let least = 1000;
    let most = 2048;
    while (most - least > 1) {
      const middle = (least + most) >> 1;
      const { code } = await publish(middle);
      if (code === 0) assert.deepEqual(fieldsOf((await node.message()).decoded), event(middle));
      if (code === 0) least = middle;
      else most = middle;
    }
    await publish(least);
    const { frames, decoded } = await node.message();
    assert.deepEqual(fieldsOf(decoded), event(least));
    assert.equal((frames[1] ?? "").length / 2, 2048);
  });
}

import assert from "node:assert/strict";
import { type DbUpdate, type NbApi, openNbApi } from "../../mod.ts";
import { startRedis } from "../support/redis/server.ts";

const READY = { timeoutMs: 5_000 };

/** A node's own drivers for the database and the bus. Nodes share nothing in this test. */
async function openNode(
  address: string,
  pubSubDriver: string,
  overrides: Readonly<Record<string, string>> = {},
): Promise<NbApi> {
  return await openNbApi({
    set: {
      "df.enable_df_pub_sub": true,
      "df.pub_sub_use_multiproc": false,
      "df.nb_db_class": "dragonflow.db.drivers.redis_db_driver.RedisDbDriver",
      "df.pub_sub_driver": pubSubDriver,
      "df.remote_db_hosts": [address],
      ...overrides,
    },
  });
}

async function next(changes: AsyncIterator<DbUpdate>): Promise<readonly unknown[]> {
  const { value } = await changes.next();
  return [value?.action, value?.table, value?.key, value?.value];
}

for (const driver of ["redis_db_pubsub_driver", "redis_stream_pubsub_driver"]) {
  Deno.test(`NbApi on two nodes receives the other's changes, over ${driver}`, async () => {
    await using server = await startRedis();
    await using one = await openNode(server.address, driver);
    await using two = await openNode(server.address, driver);
    await Promise.all([one.ready(READY), two.ready(READY)]);
    const ears = [one, two].map((node) => node.changes()[Symbol.asyncIterator]());
    const everyNodeHears = async (...change: readonly unknown[]) => {
      for (const ear of ears) assert.deepEqual(await next(ear), change);
    };
    await one.create("lport", "p1", "by one");
    await everyNodeHears("create", "lport", "p1", "by one");
    assert.equal(await two.get("lport", "p1"), "by one");
    await two.set("lport", "p1", "by two");
    await everyNodeHears("set", "lport", "p1", "by two");
    await one.delete("lport", "p1");
    await everyNodeHears("delete", "lport", "p1", null);
    assert.deepEqual(await two.getAll("lport"), []);
  });
}

for (
  const [what, driver, spoil] of [
    ["memory is full", "redis_stream_pubsub_driver", ["config", "set", "maxmemory", "1"]],
    ["the user may not", "redis_stream_pubsub_driver", ["acl", "setuser", "default", "-xadd"]],
    ["the user may not", "redis_db_pubsub_driver", ["acl", "setuser", "default", "-publish"]],
  ] as const
) {
  Deno.test(`NbApi never counts an event as accepted, when Redis refuses it as ${what}: ${driver}`, async () => {
    await using server = await startRedis();
    const node = await openNode(server.address, driver, { "df.nb_db_class": "memory" });
    await node.create("lport", "p1", "1");
    await server.cli(spoil);
    await assert.rejects(node.create("lport", "p2", "1"), { name: "NotPublished" });
    const { acceptance } = await node.close();
    const { sent, accepted, refused, uncertain } = acceptance ?? {};
    assert.deepEqual({ sent, accepted, refused, uncertain }, {
      sent: 2,
      accepted: 1,
      refused: 1,
      uncertain: 0,
    });
  });
}

// Watches of tables, when members of etcd fail, and how soon others hear of a change.
import assert from "node:assert/strict";
import type { NbDbDriver } from "../../../drivers/contract/db.ts";
import { silentLogger } from "../../../drivers/contract/logger.ts";
import { systemClock } from "../../../service/base/clock.ts";
import { PublisherFollower } from "../../../service/publishers/publisher_follower.ts";
import { PublishersTable } from "../../../service/publishers/publishers_table.ts";
import { TableCopy } from "../../../service/publishers/table_copy.ts";
import { openEtcdAt } from "../../support/etcd/db.ts";
import { enableEtcdLogin } from "../../support/etcd/login.ts";
import { EtcdServer } from "../../support/etcd/server.ts";
import { eventually } from "../../support/eventually.ts";
import { publisherText } from "../../support/publisher_rows.ts";

const QUICK = { request_timeout: "1" };
const FOLLOWED_MS = 100;

/** A copy of table `lport` that follows the watch, and the reasons of its interruptions. */
class FollowedCopy implements AsyncDisposable {
  readonly reasons: string[] = [];
  changes = 0;
  readonly copy: TableCopy;
  readonly #stop = new AbortController();
  readonly #following: Promise<void>;

  constructor(db: NbDbDriver) {
    // A copy that is not live reads nothing here: what it has is from the watch.
    const watched = { watch: db.watch?.bind(db), entries: () => Promise.resolve([]) };
    this.copy = new TableCopy(watched as unknown as NbDbDriver, "lport");
    this.#following = this.copy.follow({
      signal: this.#stop.signal,
      onChange: () => this.changes++,
      onInterrupted: (reason) => this.reasons.push(reason),
    });
  }

  async until(wanted: string): Promise<void> {
    const read = async () => (await this.copy.read()).map(({ key }) => key).join(" ");
    await eventually(read, (keys) => keys === wanted);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#following;
  }
}

Deno.test("etcd watch of a table goes on at another member, when one is killed, and misses nothing", async () => {
  await using server = await EtcdServer.start({ members: 3 });
  await using db = await openEtcdAt(server.addresses, QUICK);
  await using writer = await openEtcdAt(server.addresses, QUICK);
  await using followed = new FollowedCopy(db);
  await eventually(() => followed.changes, (changes) => changes > 0);
  const keys: string[] = [];
  for (const [at, member] of server.members.entries()) {
    await member.kill();
    // A write may fail while the others elect a leader.
    await eventually(
      () => writer.create("lport", `p${at}`, "1").then(() => true, () => false),
      Boolean,
    );
    keys.push(`p${at}`);
    await followed.until(keys.join(" "));
    member.restart();
    await server.ready();
  }
  assert(followed.reasons.length > 0, "one of the members had the watch");
  assert.match(followed.reasons.join("\n"), /etcd ".*": the watch was interrupted: /);
});

Deno.test("etcd watch of a table reports the whole table again, when all members were down", async () => {
  await using server = await EtcdServer.start();
  await using db = await openEtcdAt(server.addresses, QUICK);
  await db.create("lport", "p1", "1");
  await using followed = new FollowedCopy(db);
  await followed.until("p1");
  const [member] = server.members;
  await member?.kill();
  await eventually(() => followed.reasons.length, (count) => count === 1);
  member?.restart();
  await server.ready();
  await followed.until("p1");
  await db.create("lport", "p2", "1");
  await followed.until("p1 p2");
  assert.equal(followed.reasons.length, 1);
});

Deno.test("etcd watch of a table says why, when the login may not read the table", async () => {
  await using server = await EtcdServer.start();
  await enableEtcdLogin(server);
  const reader = { username: "reader", password: "r" };
  await using db = await openEtcdAt(server.addresses, reader);
  await using followed = new FollowedCopy(db);
  await eventually(() => followed.reasons, ([reason]) => reason !== undefined);
  assert.match(followed.reasons[0] ?? "", /the user has no permission for these keys/);
});

Deno.test("PublisherFollower follows a new publisher within 100 ms, when the database is etcd", async () => {
  await using server = await EtcdServer.start();
  await using db = await openEtcdAt(server.addresses);
  await using other = await openEtcdAt(server.addresses);
  const followedAt = new Map<string, number>();
  const addresses = {
    registerListenAddress: (uri: string) => void followedAt.set(uri, performance.now()),
    unregisterListenAddress: () => {},
  };
  const table = new PublishersTable(db, { timeoutMs: 300_000, clock: systemClock });
  const follower = new PublisherFollower(addresses, table, {
    ...{ fixedUris: [], pollMs: 3_600_000, clock: systemClock, log: silentLogger },
  });
  const stop = new AbortController();
  const running = follower.run(stop.signal);
  const times: number[] = [];
  for (let n = 0; n < 11; n++) {
    const uri = `tcp://192.0.2.${n + 1}:8866`;
    const start = performance.now();
    await other.create("publisher", `p${n}`, publisherText(`p${n}`, 0, uri));
    const at = await eventually(() => followedAt.get(uri), (at) => at !== undefined);
    times.push(Number(at) - start);
  }
  stop.abort();
  await running;
  // The first one comes with the watch itself; the median, since other tests run beside this one.
  const [, ...followed] = times;
  const median = followed.toSorted((a, b) => a - b)[5] ?? Infinity;
  console.log(JSON.stringify({ times: times.map((ms) => Math.round(ms)) }));
  assert(median < FOLLOWED_MS, `${median} ms`);
});

Deno.test("etcd watch of a table that cannot begin says why", async () => {
  await using server = await EtcdServer.start();
  await using db = await openEtcdAt(server.addresses, QUICK);
  await server.members[0]?.kill();
  await using followed = new FollowedCopy(db);
  const [reason] = await eventually(() => followed.reasons, ({ length }) => length > 0);
  assert.match(reason ?? "", /: the watch was interrupted: connection refused$/);
});

import assert from "node:assert/strict";
import { DriverError, messageOf } from "../../../drivers/contract/errors.ts";
import type { FramePublisher, PubSubDriver } from "../../../drivers/contract/pubsub.ts";
import { SendGroup } from "../../../drivers/contract/send_group.ts";
import { etcdDriver } from "../../support/etcd/driver.ts";
import { enableEtcdLogin } from "../../support/etcd/login.ts";
import { EtcdServer } from "../../support/etcd/server.ts";
import { bytesOf, FrameReader } from "../../support/frame_reader.ts";
import { HealthReader } from "../../support/health_reader.ts";
import { somePort } from "../../support/redis/node.ts";

const QUICK = { "df_etcd.request_timeout": "1" };
const SMALL_REQUESTS = ["--max-request-bytes", "2000"];

function test(name: string, run: () => Promise<void>): void {
  Deno.test(`publisher of the etcd bus ${name}`, run);
}

/** Texts of events that are too large together for one request of `SMALL_REQUESTS`. */
function burstOf(count: number): string[] {
  return Array.from({ length: count }, (_, n) => `${n}`.padEnd(200));
}

/** The texts of all events of "D". */
async function allOf(driver: PubSubDriver): Promise<string[]> {
  await using subscriber = await driver.openSubscriber();
  const reader = new FrameReader(subscriber);
  subscriber.registerTopic("D", { since: "start" });
  await reader.has("D|<end>");
  return reader.frames.filter((frame) => !frame.includes("<")).map((frame) => frame.slice(2));
}

/** Publishes one event on each topic at once. @returns the topics that were refused */
async function refusedOf(publisher: FramePublisher, topics: readonly string[]): Promise<string[]> {
  const group = new SendGroup();
  for (const topic of topics) assert(publisher.trySendIn?.(group, topic, bytesOf(topic)));
  await group.settled();
  assert(
    group.failures.every(({ error: { code, isUncertain } }) => code === "REFUSED" && !isUncertain),
  );
  return group.failures.map(({ place }) => topics[place] ?? "");
}

test("cannot be opened, when no member answers, and says why", async () => {
  const driver = etcdDriver([`127.0.0.1:${somePort()}`], QUICK);
  await assert.rejects(driver.openPublisher(), {
    code: "TRANSPORT_FAILED",
    message: /cannot connect: http:\/\/127\.0\.0\.1:\d+: connection refused/,
  });
});

test("keeps events while there is no leader, in order, and sends them once", async () => {
  await using server = await EtcdServer.start({ members: 3 });
  const driver = etcdDriver(server.addresses, { ...QUICK, "df_etcd.burst": "0" });
  await using publisher = await driver.openPublisher();
  await using subscriber = await driver.openSubscriber();
  const reader = new FrameReader(subscriber);
  const health = new HealthReader(publisher.health);
  subscriber.registerTopic("D");
  await subscriber.ready();
  await publisher.send("D", bytesOf("before"));
  const [first, second] = server.members;
  await Promise.all([first?.kill(), second?.kill()]);
  const outcomes: string[] = [];
  const sending = Array.from(
    { length: 20 },
    (_, n) =>
      publisher.send("D", bytesOf(`${n}`), { timeoutMs: 60_000 }).then(
        () => outcomes.push(`${n} accepted`),
        (error) => outcomes.push(`${n} ${error.isUncertain ? "uncertain" : "refused"}`),
      ),
  );
  await health.has("disconnected");
  assert.equal(publisher.trySend("D", bytesOf("no room")), false);
  first?.restart();
  second?.restart();
  await health.has("connected");
  await Promise.all(sending);
  await publisher.send("D", bytesOf("after"), { timeoutMs: 60_000 });
  await reader.has("D|after");
  const accepted = outcomes.filter((each) => each.endsWith("accepted")).map((each) =>
    `D|${each.split(" ")[0]}`
  );
  assert(!outcomes.some((each) => each.endsWith("refused")), outcomes.join());
  // Requests under way while members come and go may be carried out; all others wait for a leader.
  assert(accepted.length >= 15, outcomes.join());
  const received = reader.frames.slice(1, -1);
  assert.deepEqual(received.filter((each) => accepted.includes(each)), accepted);
  assert.equal(new Set(received).size, received.length);
});

test("sends newer events after the rest of a burst, when etcd takes that only one by one", async () => {
  await using server = await EtcdServer.start({ flags: SMALL_REQUESTS });
  const driver = etcdDriver(server.addresses);
  await using publisher = await driver.openPublisher();
  const burst = burstOf(40);
  const [first, ...rest] = burst.map((text) => publisher.send("D", bytesOf(text)));
  await first;
  await Promise.all([publisher.send("D", bytesOf("newer")), ...rest]);
  assert.deepEqual(await allOf(driver), [...burst, "newer"]);
  await assert.rejects(publisher.send("D", bytesOf("x".repeat(4_000))), {
    message: /: cannot publish on topic "D": the request is larger than etcd accepts: see its/,
  });
});

test("is uncertain about the events with which etcd runs out of space, as it keeps some of them", async () => {
  await using server = await EtcdServer.start({ flags: ["--quota-backend-bytes", "2000000"] });
  const driver = etcdDriver(server.addresses);
  await using publisher = await driver.openPublisher();
  const texts = Array.from({ length: 100 }, (_, n) => `${n}`.padEnd(60_000));
  const outcomes = await Promise.all(texts.map(async (text) => {
    try {
      await publisher.send("D", bytesOf(text));
      return "accepted";
    } catch (error) {
      assert.match(messageOf(error), /storage is full.*the write may have been carried out/);
      return error instanceof DriverError && error.isUncertain ? "uncertain" : "refused";
    }
  }));
  assert(outcomes.includes("uncertain"));
  const kept = new Set(await allOf(driver));
  const wrong = texts.filter((text, at) => kept.has(text) && outcomes[at] === "refused");
  assert.deepEqual(wrong.map((text) => text.trim()), []);
});

test("keeps the rest of such a burst in order, when etcd is killed meanwhile", async () => {
  await using server = await EtcdServer.start({ flags: SMALL_REQUESTS });
  const driver = etcdDriver(server.addresses);
  await using publisher = await driver.openPublisher();
  const health = new HealthReader(publisher.health);
  const burst = burstOf(128);
  const accepted: string[] = [];
  const sending = burst.map((text) =>
    publisher.send("D", bytesOf(text), { timeoutMs: 60_000 })
      .then(() => accepted.push(text), (error) => assert(error.isUncertain, error))
  );
  await sending[0];
  const [member] = server.members;
  await member?.kill();
  await health.has("disconnected");
  assert(accepted.length < burst.length);
  member?.restart();
  await Promise.all(sending);
  // Those under way when etcd is killed or starts again may be uncertain; all others wait for it.
  assert(accepted.length >= 120, `${accepted.length} events were accepted`);
  const wanted = burst.filter((text) => accepted.includes(text));
  assert.deepEqual((await allOf(driver)).filter((text) => accepted.includes(text)), wanted);
});

test("says that an event is uncertain, when a member stops answering", async () => {
  await using server = await EtcdServer.start();
  const driver = etcdDriver(server.addresses, QUICK);
  await using publisher = await driver.openPublisher();
  await publisher.send("D", bytesOf("1"));
  const [member] = server.members;
  await member?.freeze();
  await assert.rejects(publisher.send("D", bytesOf("2"), { timeoutMs: 30_000 }), {
    code: "TRANSPORT_FAILED",
    isUncertain: true,
    message: /topic "D": .*no answer before the timeout; the write may have been carried out/,
  });
  member?.thaw();
  await publisher.send("D", bytesOf("3"), { timeoutMs: 30_000 });
});

test("refuses only the topics that the login may not write, when several share a request", async () => {
  await using server = await EtcdServer.start();
  await enableEtcdLogin(server);
  for (
    const args of [
      ["role", "add", "some"],
      ["role", "grant-permission", "some", "readwrite", "/pubsub/a", "/pubsub/c"],
      ["user", "grant-role", "reader", "some"],
    ]
  ) assert((await server.ctl(["--user", "root:s3cret", ...args])).isOk);
  const login = { "df_etcd.username": "reader", "df_etcd.password": "r" };
  await using publisher = await etcdDriver(server.addresses, login).openPublisher();
  assert.deepEqual(await refusedOf(publisher, ["a", "b", "c", "d"]), ["c", "d"]);
  await assert.rejects(publisher.send("c", bytesOf("1")), {
    code: "REFUSED",
    message: /cannot publish on topic "c": the user has no permission for these keys/,
  });
});

test("refuses events while the storage is full, and goes on when it has room", async () => {
  await using server = await EtcdServer.start({ flags: ["--quota-backend-bytes", "400000"] });
  const driver = etcdDriver(server.addresses, { "df.pub_sub_max_event_bytes": "100000" });
  await using publisher = await driver.openPublisher();
  const fill = async () => {
    for (let n = 0; n < 100; n++) await publisher.send("big", new Uint8Array(100_000));
  };
  const refusal = { code: "REFUSED", message: /storage is full.*etcdctl alarm disarm/ };
  await assert.rejects(fill(), refusal);
  await assert.rejects(publisher.send("D", bytesOf("1")), refusal);
  const { output } = await server.ctl(["get", "none", "-w", "json"]);
  const { header: { revision } } = JSON.parse(output);
  for (const args of [["compact", String(revision)], ["defrag"], ["alarm", "disarm"]]) {
    assert((await server.ctl(args)).isOk, args.join(" "));
  }
  await publisher.send("D", bytesOf("2"));
});

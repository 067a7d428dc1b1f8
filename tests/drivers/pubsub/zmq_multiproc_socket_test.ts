import assert from "node:assert/strict";
import type { HealthEvent } from "../../../drivers/contract/health.ts";
import type { PubSubDriver } from "../../../drivers/contract/pubsub.ts";
import { bytesOf, FrameReader } from "../../support/frame_reader.ts";
import { withoutLeaks } from "../../support/handles.ts";
import { libzmqMultiprocDriver } from "../../support/zmq/libzmq_drivers.ts";
import { type TempDir, tempDir } from "../../support/temp_dir.ts";
import { zmqMultiprocDriver } from "../../support/zmq/zmq_drivers.ts";

const DRIVERS = { zmq_multiproc: zmqMultiprocDriver, libzmq_multiproc: libzmqMultiprocDriver };

function test(
  name: string,
  run: (directory: TempDir, driverIn: (directory: string) => PubSubDriver) => Promise<void>,
): void {
  for (const [driver, driverIn] of Object.entries(DRIVERS)) {
    Deno.test(`${driver} service ${name}`, async () => {
      await using directory = await tempDir();
      await withoutLeaks(() => run(directory, driverIn));
    });
  }
}

/** Waits for the next event that reports whether peers can connect. */
function reachability(health: AsyncIterable<HealthEvent>) {
  const events = health[Symbol.asyncIterator]();
  return async (): Promise<string> => {
    for (;;) {
      const { value, done } = await events.next();
      if (done === true) return "ended";
      const event: HealthEvent = value;
      if (event.kind === "connected") return "connected";
      if (event.kind === "disconnected") return event.reason;
    }
  };
}

test(
  "binds its socket again and keeps its publishers, when the file was removed",
  async (directory, driverIn) => {
    const driver = driverIn(directory.path);
    await using service = await driver.openSubscriber();
    const reader = new FrameReader(service);
    const next = reachability(service.health);
    await using early = await driver.openPublisher();
    await early.send("D", bytesOf("1"));
    for (const [index, text] of ["2", "3"].entries()) {
      await Deno.remove(directory.join("socket"));
      assert.equal(await next(), "the socket's file is gone");
      assert.equal(await next(), "connected");
      await using late = await driver.openPublisher();
      await late.send("D", bytesOf(text));
      await early.send("D", bytesOf(`early ${index}`));
      await reader.has(`D|${text}`);
      await reader.has(`D|early ${index}`);
    }
    assert.equal((await service.stop({ timeoutMs: 5_000 })).drained, true);
  },
);

test(
  "binds its socket again, when the directory was removed together with the lock",
  async (directory, driverIn) => {
    const driver = driverIn(directory.join("run"));
    await using service = await driver.openSubscriber();
    const next = reachability(service.health);
    await Deno.remove(directory.join("run"), { recursive: true });
    assert.equal(await next(), "the socket's file is gone");
    assert.equal(await next(), "connected");
    await assert.rejects(driver.openSubscriber(), { code: "ADDRESS_IN_USE" });
  },
);

test(
  "takes the path back, when no process listens on the socket at it",
  async (directory, driverIn) => {
    const driver = driverIn(directory.path);
    await using service = await driver.openSubscriber();
    const next = reachability(service.health);
    const aside = directory.join("aside");
    // Deno removes the file of a listener that it closes, if the file exists.
    const dead = Deno.listen({ transport: "unix", path: aside });
    await Deno.rename(aside, directory.join("socket"));
    dead.close();
    assert.equal(await next(), "the socket's file was replaced by one on which no process listens");
    assert.equal(await next(), "connected");
    await using publisher = await driver.openPublisher();
    const reader = new FrameReader(service);
    await publisher.send("D", bytesOf("1"));
    await reader.has("D|1");
  },
);

test(
  "leaves the path to a process that has taken it, until that process ends",
  async (directory, driverIn) => {
    const driver = driverIn(directory.path);
    const path = directory.join("socket");
    await using service = await driver.openSubscriber();
    const next = reachability(service.health);
    await Deno.remove(path);
    const other = Deno.listen({ transport: "unix", path });
    const { ino } = await Deno.lstat(path);
    const reason = await next();
    assert.match(reason, /^another process.* listens there$/);
    assert.equal((await Deno.lstat(path)).ino, ino);
    other.close();
    assert.equal(await next(), "the socket's file is gone");
    assert.equal(await next(), "connected");
  },
);

test("never removes a file from its path, when it is not a socket", async (directory, driverIn) => {
  const driver = driverIn(directory.path);
  const path = directory.join("socket");
  await using service = await driver.openSubscriber();
  const next = reachability(service.health);
  await Deno.remove(path);
  await Deno.writeTextFile(path, "mine");
  assert.match(await next(), /another kind of file is there, wanted a socket/);
  assert.equal(await Deno.readTextFile(path), "mine");
});

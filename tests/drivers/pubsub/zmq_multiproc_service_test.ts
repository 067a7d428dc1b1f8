import assert from "node:assert/strict";
import { Bus, whenFull } from "../../contract/pubsub_bus.ts";
import { bytesOf, FrameReader } from "../../support/frame_reader.ts";
import { withoutLeaks } from "../../support/handles.ts";
import { startIpcOwner } from "../../support/ipc_owner_process.ts";
import { startPythonPeer } from "../../support/python_peer.ts";
import { type TempDir, tempDir } from "../../support/temp_dir.ts";
import { zmqMultiprocDriver } from "../../support/zmq/zmq_drivers.ts";

function test(name: string, run: (directory: TempDir) => Promise<void>): void {
  Deno.test(`zmq_multiproc ${name}`, async () => {
    await using directory = await tempDir();
    await withoutLeaks(() => run(directory));
  });
}

const taken = (whose: string) => ({
  name: "DriverError",
  code: "ADDRESS_IN_USE",
  message: new RegExp(`Another publisher service${whose} listens at ".*/socket"`),
});

test("reports that there is no service, when the timeout passes", async (directory) => {
  await using publisher = await zmqMultiprocDriver(directory.path).openPublisher();
  assert.equal(publisher.trySend("D", bytesOf("1")), false);
  const start = performance.now();
  await assert.rejects(publisher.send("D", bytesOf("1"), { timeoutMs: 60 }), {
    code: "NO_PUBLISHER_SERVICE",
    message:
      /No publisher service listens at "ipc:\/\/.*\/socket": waited 0.06 s: start df-pubsub serve, or /,
  });
  const took = performance.now() - start;
  assert(took >= 59 && took < 4_500, `took ${took} ms`);
});

test("reports that the service does not respond, when the service is stopped", async (directory) => {
  using _listener = Deno.listen({ transport: "unix", path: `${directory.path}/socket` });
  await using publisher = await zmqMultiprocDriver(directory.path).openPublisher();
  await assert.rejects(publisher.send("D", bytesOf("1"), { timeoutMs: 500 }), {
    code: "NO_PUBLISHER_SERVICE",
    message: /The publisher service at "ipc:\/\/.*\/socket" does not answer: waited 0.5 s/,
  });
});

test("reports that the service does not respond, when the handshake ends before the timeout", async (directory) => {
  const listener = Deno.listen({ transport: "unix", path: `${directory.path}/socket` });
  await using publisher = await zmqMultiprocDriver(directory.path).openPublisher();
  const sending = assert.rejects(publisher.send("D", bytesOf("1"), { timeoutMs: 500 }), {
    code: "NO_PUBLISHER_SERVICE",
    message: /The publisher service at "ipc:\/\/.*\/socket" does not answer: waited 0.5 s/,
  });
  const ending = (async () => {
    for await (const connection of listener) connection.close();
  })();
  await sending;
  listener.close();
  await ending;
});

test("sends as soon as the service starts", async (directory) => {
  const driver = zmqMultiprocDriver(directory.path);
  await using publisher = await driver.openPublisher();
  const sending = publisher.send("D", bytesOf("1"), { timeoutMs: 10_000 });
  await using service = await driver.openSubscriber();
  const reader = new FrameReader(service);
  await sending;
  await reader.has("D|1");
});

test("reports that a service is full, when the service does not read", async (directory) => {
  const driver = zmqMultiprocDriver(directory.path, { "df_zmq.high_water_mark": "10" });
  await using bus = new Bus(driver);
  await bus.subscriber();
  await whenFull(bus, "D", async (publisher) => {
    await assert.rejects(publisher.send("D", bytesOf("1"), { timeoutMs: 30 }), {
      code: "SEND_TIMEOUT",
      message: /has no room for more events: waited 0.03 s/,
    });
    assert.deepEqual(await publisher.close({ timeoutMs: 30 }), { flushed: false });
  });
});

test("keeps the socket that a service of the original created in place of its own", async (directory) => {
  const service = await zmqMultiprocDriver(directory.path).openSubscriber();
  const address = `ipc://${directory.path}/socket`;
  await using _original = await startPythonPeer({ type: "PULL", role: "bind", address });
  await service[Symbol.asyncDispose]();
  assert((await Deno.lstat(`${directory.path}/socket`)).isSocket);
});

test("refuses a second service and names the first", async (directory) => {
  const driver = zmqMultiprocDriver(directory.path);
  await using first = await driver.openSubscriber();
  await assert.rejects(driver.openSubscriber(), taken(` \\(process ${Deno.pid}\\)`));
  await using publisher = await driver.openPublisher();
  const reader = new FrameReader(first);
  await publisher.send("D", bytesOf("still here"));
  await reader.has("D|still here");
});

test("takes over from a service that was killed, including its publishers", async (directory) => {
  const driver = zmqMultiprocDriver(directory.path);
  await using publisher = await driver.openPublisher();
  {
    await using owner = await startIpcOwner(directory.path);
    await assert.rejects(driver.openSubscriber(), taken(` \\(process ${owner.pid}\\)`));
    await publisher.send("D", bytesOf("1"));
    assert.equal(await owner.frame(), "D|1");
  }
  assert(Deno.lstatSync(directory.join("socket")).isSocket, "the dead service's socket");
  await using service = await driver.openSubscriber();
  const reader = new FrameReader(service);
  await publisher.send("D", bytesOf("2"), { timeoutMs: 10_000 });
  await reader.has("D|2");
});

test("refuses the path of a foreign service, which has no lock", async (directory) => {
  const address = `ipc://${directory.join("socket")}`;
  await using peer = await startPythonPeer({ type: "PULL", role: "bind", address });
  const driver = zmqMultiprocDriver(directory.path);
  await assert.rejects(driver.openSubscriber(), taken(""));
  await using publisher = await driver.openPublisher();
  await publisher.send("D", bytesOf("1"), { timeoutMs: 10_000 });
  assert.deepEqual((await peer.message()).frames, ["44", "31"]);
});

test("refuses a path where something else is, and leaves it alone", async (directory) => {
  const refusal = {
    code: "ADDRESS_INVALID",
    message: /another kind of file is there, wanted a socket/,
  };
  const path = directory.join("socket");
  Deno.writeTextFileSync(path, "precious");
  await assert.rejects(zmqMultiprocDriver(directory.path).openSubscriber(), refusal);
  assert.equal(Deno.readTextFileSync(path), "precious");
  Deno.renameSync(path, directory.join("elsewhere"));
  Deno.symlinkSync(directory.join("elsewhere"), path);
  await assert.rejects(zmqMultiprocDriver(directory.path).openSubscriber(), refusal);
  assert.equal(Deno.readTextFileSync(path), "precious");
});

test("refuses a path that is too long or has no room", async (directory) => {
  const room = 107 - directory.path.length - "//socket".length;
  const deep = zmqMultiprocDriver(directory.join("x".repeat(room + 1)));
  const long = { name: "RangeError", message: /wanted a path of 1 to 107 bytes$/ };
  await assert.rejects(async () => await deep.openSubscriber(), long);
  Deno.writeTextFileSync(directory.join("file"), "");
  const inFile = zmqMultiprocDriver(directory.join("file"));
  await assert.rejects(inFile.openSubscriber(), { code: "ADDRESS_INVALID" });
});

test("creates the directory, and accepts the longest valid path", async (directory) => {
  const room = 107 - directory.path.length - "//socket".length;
  const deep = directory.join("x".repeat(room - 2), "y");
  await using service = await zmqMultiprocDriver(deep).openSubscriber();
  await using publisher = await zmqMultiprocDriver(deep).openPublisher();
  const reader = new FrameReader(service);
  await publisher.send("D", bytesOf("1"));
  await reader.has("D|1");
});

test("gives the socket its mode and group, whatever the umask", async (directory) => {
  const umask = Deno.umask(0o022);
  try {
    await using _plain = await zmqMultiprocDriver(directory.join("plain")).openSubscriber();
    assert.equal(modeOf(directory.join("plain", "socket")), 0o660);
    const options = { "df_zmq.ipc_socket_mode": "0606", "df_zmq.ipc_socket_group": "daemon" };
    await using _other = await zmqMultiprocDriver(directory.join("o"), options).openSubscriber();
    assert.equal(modeOf(directory.join("o", "socket")), 0o606);
    assert.equal(Deno.statSync(directory.join("o", "socket")).gid, 1);
  } finally {
    assert.equal(Deno.umask(umask), 0o022);
  }
});

function modeOf(path: string): number {
  return (Deno.lstatSync(path).mode ?? 0) & 0o777;
}

test("refuses a group that does not exist, and leaves nothing behind", async (directory) => {
  const options = { "df_zmq.ipc_socket_group": "no-such-group" };
  const message = /\[df_zmq\] ipc_socket_group: "no-such-group", wanted a group in /;
  const refusal = { code: "CONFIG_INVALID", message };
  await assert.rejects(zmqMultiprocDriver(directory.path, options).openSubscriber(), refusal);
  await using _service = await zmqMultiprocDriver(directory.path).openSubscriber();
});

test("leaves no socket behind, when disposed", async (directory) => {
  const driver = zmqMultiprocDriver(directory.path);
  const service = await driver.openSubscriber();
  await service[Symbol.asyncDispose]();
  assert.throws(() => Deno.lstatSync(directory.join("socket")), Deno.errors.NotFound);
  await using _again = await driver.openSubscriber();
});

import assert from "node:assert/strict";
import { loadLibzmq } from "../../../../drivers/_internal/zmq/libzmq_library.ts";
import { Bus } from "../../../contract/pubsub_bus.ts";
import { octets } from "../../../support/frame_reader.ts";
import { zmqDriver } from "../../../support/zmq_drivers.ts";

const SYSTEM_LIBRARY = "libzmq.so.5";
const OTHER_LIBRARY = "libc.so.6";
const install = "is it installed? apt-get install libzmq5";

function unusable(message: RegExp) {
  return { name: "DriverError", code: "LIBRARY_UNUSABLE", message };
}

Deno.test("loadLibzmq takes the packaged library, when none is configured", () => {
  const library = loadLibzmq();
  assert.match(library.path, /zeromq\/build\/linux\/.*addon\.node$/);
  assert.equal(library.version, "4.3.5");
  assert.equal(loadLibzmq(""), library);
});

Deno.test("loadLibzmq takes the system's library by its name", () => {
  const library = loadLibzmq(SYSTEM_LIBRARY);
  assert.equal(library.path, SYSTEM_LIBRARY, install);
  assert.match(library.version, /^4\.\d+\.\d+$/, install);
});

Deno.test("zmq moves frames by the system's library, to and from the packaged one", async () => {
  await using packaged = new Bus(zmqDriver());
  await using system = new Bus(zmqDriver({ "df_zmq.library": SYSTEM_LIBRARY }));
  for (const [from, to] of [[packaged, system], [system, packaged]] as const) {
    const publisher = await from.publisher();
    const { reader, subscriber } = await to.reading("D");
    subscriber.registerListenAddress(publisher.address);
    await subscriber.ready({ timeoutMs: 5_000 });
    await publisher.send("D", octets("hello"));
    await reader.has("D|hello");
  }
});

Deno.test("loadLibzmq names what it cannot load, and tries nothing else", () => {
  const refusal = unusable(/^Cannot load libzmq from \/nonexistent\/libzmq\.so: .*No such file/);
  assert.throws(() => loadLibzmq("/nonexistent/libzmq.so"), refusal);
});

Deno.test("loadLibzmq says that a library is not libzmq", () => {
  assert.throws(() => loadLibzmq(OTHER_LIBRARY), unusable(/libc\.so\.6: .*zmq_/));
});

Deno.test("zmq drivers refuse to open, when the library is unusable", async () => {
  const driver = zmqDriver({ "df_zmq.library": "/nonexistent/libzmq.so" });
  const refusal = unusable(/\/nonexistent\/libzmq\.so/);
  await assert.rejects(driver.openPublisher(), refusal);
  await assert.rejects(driver.openSubscriber(), refusal);
});

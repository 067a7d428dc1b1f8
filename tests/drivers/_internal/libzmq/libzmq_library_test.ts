import assert from "node:assert/strict";
import { silentLogger } from "../../../../drivers/contract/logger.ts";
import { createLibzmqDriver } from "../../../../drivers/pubsub/libzmq.ts";
import { loadLibzmq } from "../../../../drivers/_internal/libzmq/libzmq_library.ts";
import { testSettings } from "../../../support/test_settings.ts";

const SYSTEM_LIBRARY = "libzmq.so.5";
const OTHER_LIBRARY = "libc.so.6";

function unusable(message: RegExp) {
  return { name: "DriverError", code: "LIBRARY_UNUSABLE", message };
}

Deno.test("loadLibzmq loads the packaged library and the system's library, each once", () => {
  assert.equal(loadLibzmq(""), loadLibzmq(""));
  assert.equal(loadLibzmq(SYSTEM_LIBRARY), loadLibzmq(SYSTEM_LIBRARY));
  assert.notEqual(loadLibzmq(SYSTEM_LIBRARY), loadLibzmq(""));
});

Deno.test("loadLibzmq reports the library that it cannot load, and tries no other", () => {
  const refusal = unusable(/^Cannot load libzmq from \/nonexistent\/libzmq\.so: .*No such file/);
  assert.throws(() => loadLibzmq("/nonexistent/libzmq.so"), refusal);
});

Deno.test("loadLibzmq reports the problem, when a library is not libzmq", () => {
  assert.throws(() => loadLibzmq(OTHER_LIBRARY), unusable(/libc\.so\.6: .*zmq_/));
});

Deno.test("libzmq drivers refuse to open, when the library is unusable", async () => {
  const settings = testSettings({ "df_zmq.library": "/nonexistent/libzmq.so" });
  const driver = createLibzmqDriver({ settings, log: silentLogger });
  const refusal = unusable(/\/nonexistent\/libzmq\.so/);
  await assert.rejects(driver.openPublisher(), refusal);
  await assert.rejects(driver.openSubscriber(), refusal);
});

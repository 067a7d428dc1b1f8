import assert from "node:assert/strict";
import { openNotifySocket } from "../../../drivers/_internal/notify_socket.ts";
import { DriverError } from "../../../drivers/contract/errors.ts";
import { NotifyListener } from "../../support/notify_listener.ts";
import { tempDir } from "../../support/temp_dir.ts";

Deno.test("openNotifySocket sends datagrams to a path and to an abstract name", async () => {
  await using dir = await tempDir();
  for (const address of [dir.join("notify"), `@df-pubsub-test-${crypto.randomUUID()}`]) {
    await using listener = await NotifyListener.open(address);
    using socket = openNotifySocket(address);
    assert.equal(socket.send("READY=1\nSTATUS=ü"), true);
    assert.equal(socket.send("WATCHDOG=1"), true);
    await listener.output.waitForLines(3);
    assert.deepEqual(listener.texts, ["READY=1\nSTATUS=ü", "WATCHDOG=1"]);
  }
});

Deno.test("openNotifySocket returns false, when no process listens", async () => {
  await using dir = await tempDir();
  using socket = openNotifySocket(dir.join("nobody"));
  assert.equal(socket.send("READY=1"), false);
});

Deno.test("openNotifySocket refuses an invalid address", () => {
  for (const address of ["", "@", "relative", "vsock:2:1234", `/${"x".repeat(107)}`, "/a\0b"]) {
    assert.throws(
      () => openNotifySocket(address),
      (error) => error instanceof DriverError && error.code === "ADDRESS_INVALID",
      address,
    );
  }
});

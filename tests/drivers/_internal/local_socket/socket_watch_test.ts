import assert from "node:assert/strict";
import type { HealthEvent } from "../../../../drivers/contract/health.ts";
import { SocketWatch } from "../../../../drivers/_internal/local_socket/socket_watch.ts";
import type { SocketPath } from "../../../../drivers/_internal/local_socket/socket_path.ts";
import { RecordingLogger } from "../../../support/fakes/recording_logger.ts";

// The sanitizers fail the test when a timer is left.
Deno.test("SocketWatch.stop leaves no timer behind, when it is called during a check", async () => {
  const looking = Promise.withResolvers<void>();
  const found = Promise.withResolvers<undefined>();
  const look = () => {
    looking.resolve();
    return found.promise;
  };
  const watch = new SocketWatch({
    path: { look } as unknown as SocketPath,
    bindAgain: () => {},
    address: "ipc:///socket",
    onHealth: () => {},
    log: new RecordingLogger(),
  });
  await looking.promise;
  const stopping = watch.stop();
  found.resolve(undefined);
  await stopping;
});

Deno.test("SocketWatch reports once that the path cannot be bound again, however often it tries", async () => {
  const events: HealthEvent[] = [];
  const tried = Promise.withResolvers<void>();
  let tries = 0;
  const reclaim = () => {
    if (++tries === 2) tried.resolve();
    throw new Error("permission denied");
  };
  const look = () => Promise.resolve({ fault: "it is gone", isFree: true });
  const watch = new SocketWatch({
    path: { path: "/socket", look, reclaim } as unknown as SocketPath,
    bindAgain: () => {},
    address: "ipc:///socket",
    onHealth: (event) => events.push(event),
    log: new RecordingLogger(),
  });
  await tried.promise;
  await watch.stop();
  const reasons = ["it is gone", "it is gone, and it cannot be bound again: permission denied"];
  const lost = { kind: "disconnected", address: "ipc:///socket" };
  assert.deepEqual(events, reasons.map((reason) => ({ ...lost, reason })));
});

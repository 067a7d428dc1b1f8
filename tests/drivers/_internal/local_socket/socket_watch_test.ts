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

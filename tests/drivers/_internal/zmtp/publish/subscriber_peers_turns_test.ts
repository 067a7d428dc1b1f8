import assert from "node:assert/strict";
import { PeerCounter } from "../../../../../drivers/_internal/peer_counter.ts";
import {
  COMMAND,
  commandData,
  sessionProperties,
} from "../../../../../drivers/_internal/zmtp/session.ts";
import { SubscriberPeers } from "../../../../../drivers/_internal/zmtp/publish/subscriber_peers.ts";
import * as wire from "../../../../../drivers/_internal/zmtp/wire.ts";
import { FakeStream } from "../../../../support/fakes/fake_stream.ts";
import { RecordingLogger } from "../../../../support/fakes/recording_logger.ts";
import { testSettings } from "../../../../support/test_settings.ts";
import { advanceOnEachReading, countTurns } from "../../../../support/turn_counter.ts";

function emptyPeers(): SubscriberPeers {
  let turn = 0;
  return new SubscriberPeers({
    settings: testSettings(),
    log: new RecordingLogger(),
    loop: {
      get turn() {
        return turn++;
      },
    },
    open: {},
    connected: new PeerCounter(() => {}),
    onClosed: () => {},
  });
}

Deno.test("SubscriberPeers yields between the checks of many subscribers, and checks each of them", async () => {
  const peers = emptyPeers();
  const streams = Array.from({ length: 20 }, () => new FakeStream());
  for (const stream of streams) peers.add(stream);
  const turns = await countTurns(async () => {
    using _ = advanceOnEachReading();
    await peers.tick(Infinity);
  });
  assert(turns >= 20, `${turns} turns`);
  assert(streams.every(({ isClosed }) => isClosed), "each handshake takes too long");
});

Deno.test("A subscriber that has left no longer counts for a topic, while its other topics are forgotten", async () => {
  const peers = emptyPeers();
  const stream = new FakeStream();
  peers.add(stream);
  const session = sessionProperties({ node: "n", processId: 1, version: "1" });
  stream.arrive(wire.greeting(), wire.ready("SUB", session));
  const topics = Array.from({ length: 20_000 }, (_, index) => `topic-${index}`);
  for (const topic of topics) {
    stream.arrive(wire.command(COMMAND.want, commandData([0], topic)));
  }
  const last = topics.at(-1) ?? "";
  const subscribers = async () => (await peers.applied.subscribers(last, "0")).length;
  assert.equal(await subscribers(), 1);
  stream.end();
  assert.equal(peers.topics.find(last)?.peers.size, 1, "it is not forgotten yet");
  const connected = (await peers.applied.subscribers(last, "0")).filter(({ departed }) =>
    !departed
  );
  assert.deepEqual(connected, []);
});

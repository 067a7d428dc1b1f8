import assert from "node:assert/strict";
import { SubscriberPeers } from "../../../../drivers/_internal/zmtp/subscriber_peers.ts";
import { FakeStream } from "../../../support/fake_stream.ts";
import { RecordingLogger } from "../../../support/recording_logger.ts";
import { testSettings } from "../../../support/test_settings.ts";
import { advanceOnEachReading, countTurns } from "../../../support/turn_counter.ts";

Deno.test("SubscriberPeers yields between the checks of many subscribers, and checks each of them", async () => {
  const peers = new SubscriberPeers({
    settings: testSettings(),
    log: new RecordingLogger(),
    loop: { turn: 0 },
    open: {},
    onHealth: () => {},
    onClosed: () => {},
  });
  const streams = Array.from({ length: 20 }, () => new FakeStream());
  for (const stream of streams) peers.add(stream);
  const turns = await countTurns(async () => {
    using _ = advanceOnEachReading();
    await peers.tick(Infinity);
  });
  assert(turns >= 20, `${turns} turns`);
  assert(streams.every(({ isClosed }) => isClosed), "each handshake takes too long");
});

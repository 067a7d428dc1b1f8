import assert from "node:assert/strict";
import { HealthStream } from "../../../../../drivers/contract/health_stream.ts";
import type {
  Connector,
  StreamOptions,
} from "../../../../../drivers/_internal/sockets/connector.ts";
import type { FrameInbox } from "../../../../../drivers/_internal/zmtp/frame_inbox.ts";
import { PublisherLink } from "../../../../../drivers/_internal/zmtp/subscribe/publisher_link.ts";
import { sessionProperties } from "../../../../../drivers/_internal/zmtp/session.ts";
import * as wire from "../../../../../drivers/_internal/zmtp/wire.ts";
import { bytesOf } from "../../../../support/frame_reader.ts";
import { FakeStream } from "../../../../support/fakes/fake_stream.ts";
import { PassingTime, PassingTimers } from "../../../../support/fakes/passing_time.ts";
import { testSettings } from "../../../../support/test_settings.ts";

/** A link without topics, and how often its connector has begun its pauses anew. */
function linkWithoutTopics() {
  const connector = { successes: 0, noteSuccess: () => void connector.successes++, retry() {} };
  let connect: StreamOptions["onStream"] = () => assert.fail("no link");
  const health = new HealthStream();
  const link = new PublisherLink("tcp://192.0.2.1:8866", new Map(), {
    settings: testSettings(),
    inbox: {
      health,
      push() {},
      forget() {},
      readBuffer: () => ({ bytes: new Uint8Array(4_096), at: 0 }),
    } as unknown as FrameInbox,
    connect: ({ onStream }) => {
      connect = onStream;
      return connector as unknown as Connector;
    },
    onChange() {},
  });
  return { link, health, connector, connect: (stream: FakeStream) => connect(stream) };
}

const session = sessionProperties({ node: "n", processId: 1, version: "1" });

for (const [liveMs, successes] of [[0, 0], [9_999, 0], [10_001, 1]] as const) {
  Deno.test(`PublisherLink begins its pauses anew ${successes} times, when it is refused after ${liveMs} ms`, () => {
    using time = new PassingTime();
    const { connector, connect } = linkWithoutTopics();
    const stream = new FakeStream();
    connect(stream);
    stream.arrive(wire.greeting(), wire.ready("PUB", session));
    time.now += liveMs;
    stream.arrive(wire.error("it has too many subscriptions"));
    assert(stream.isClosed);
    assert.equal(connector.successes, successes);
  });
}

Deno.test("PublisherLink begins its pauses anew, when a live connection ends without a refusal", () => {
  const { connector, connect } = linkWithoutTopics();
  const stream = new FakeStream();
  connect(stream);
  stream.arrive(wire.greeting(), wire.ready("PUB", session));
  stream.end();
  assert.equal(connector.successes, 1);
});

Deno.test("PublisherLink becomes live 100 ms after a topic, when others keep coming at a publisher without our session", () => {
  using time = new PassingTimers();
  const { link, health, connect } = linkWithoutTopics();
  const stream = new FakeStream();
  link.addTopic("t", { bytes: bytesOf("t") });
  connect(stream);
  stream.arrive(wire.greeting(), wire.ready("PUB", new Map()));
  const events = health[Symbol.asyncIterator]();
  for (let count = 0; count < 10; count++) {
    link.addTopic(`t${count}`, { bytes: bytesOf(`t${count}`) });
    assert.equal(events.size, count < 5 ? 0 : 1);
    time.pass(20);
  }
});

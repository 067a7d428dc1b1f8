import assert from "node:assert/strict";
import { PeerCounter } from "../../../../../drivers/_internal/peer_counter.ts";
import { nextTurn } from "../../../../../drivers/contract/next_turn.ts";
import {
  COMMAND,
  commandData,
  sessionProperties,
} from "../../../../../drivers/_internal/zmtp/session.ts";
import { SubscriberPeers } from "../../../../../drivers/_internal/zmtp/publish/subscriber_peers.ts";
import * as wire from "../../../../../drivers/_internal/zmtp/wire.ts";
import { FakeStream } from "../../../../support/fakes/fake_stream.ts";
import { bytesOf, payloadOf } from "../../../../support/frame_reader.ts";
import { PassingTime } from "../../../../support/fakes/passing_time.ts";
import { RecordingLogger } from "../../../../support/fakes/recording_logger.ts";
import { testSettings } from "../../../../support/test_settings.ts";

/** Each access to `turn` begins a new turn, so the reading time of no turn is used up. */
const LOOP = {
  turns: 0,
  get turn() {
    return this.turns++;
  },
};
const FOUND = new RegExp(`event \\d|${COMMAND.report}`, "g");

/** Subscribers of a topic, with TLS or without. */
async function subscribed(count: number, how: "plain" | "secured") {
  const peers = new SubscriberPeers({
    settings: testSettings(),
    log: new RecordingLogger(),
    loop: LOOP,
    open: {},
    connected: new PeerCounter(() => {}),
    onClosed: () => {},
  });
  const session = sessionProperties({ node: "n", processId: 1, version: "1" });
  const streams = Array.from({ length: count }, () => {
    const stream = new FakeStream();
    if (how === "secured") stream.delayedMs = 0;
    peers.add(stream);
    stream.arrive(wire.greeting(), wire.ready("SUB", session));
    stream.arrive(wire.command(COMMAND.want, commandData([0], "D")));
    return stream;
  });
  await nextTurn();
  /** The events and requests of each write to the last subscriber since the last call. */
  const taken = () =>
    streams.map(({ sent }) => sent.splice(0)).at(-1)?.map((bytes) =>
      new TextDecoder().decode(bytes).match(FOUND) ?? []
    );
  const publish = (text: string) => peers.publish("D", bytesOf("D"), ...payloadOf(bytesOf(text)));
  const reportApplied = (seq: number) => {
    for (const stream of streams) {
      stream.arrive(wire.command(COMMAND.applied, commandData([seq], "D")));
    }
  };
  taken();
  return { peers, publish, reportApplied, taken };
}

Deno.test("SendRounds sends events of the same millisecond to many TLS connections in one write", async () => {
  using time = new PassingTime();
  const { peers, publish, taken } = await subscribed(50, "secured");
  time.now += 10;
  publish("event 1");
  await Promise.resolve();
  assert.deepEqual(taken(), [["event 1"]], "the first one is not delayed");
  time.now += 0.5;
  publish("event 2");
  await nextTurn();
  publish("event 3");
  await nextTurn();
  assert.deepEqual(taken(), []);
  time.now += 0.5;
  await nextTurn();
  assert.deepEqual(taken(), [["event 2", "event 3"]]);
  publish("event 4");
  peers.rounds.flush();
  assert.deepEqual(taken(), [["event 4"]], "a flush that is requested is not delayed");
});

Deno.test("SendRounds sends every turn, when few connections have TLS or many have none", async () => {
  using _time = new PassingTime();
  for (const [count, how] of [[49, "secured"], [60, "plain"]] as const) {
    const { publish, taken } = await subscribed(count, how);
    for (const text of ["event 1", "event 2"]) {
      publish(text);
      await Promise.resolve();
      assert.deepEqual(taken(), [[text]], how);
    }
  }
});

Deno.test("SendRounds requests reports of the next event of a topic, within a second after a caller asked", async () => {
  using time = new PassingTime();
  const { peers, publish, reportApplied, taken } = await subscribed(2, "plain");
  const next = async (text: string) => {
    publish(text);
    await nextTurn();
    reportApplied(Number(text.at(-1)));
    return taken()?.flat();
  };
  assert.deepEqual(await next("event 1"), ["event 1"]);
  await peers.applied.subscribers("D", "1");
  time.now += 900;
  assert.deepEqual(await next("event 2"), [COMMAND.report, "event 2"]);
  assert.deepEqual(await next("event 3"), ["event 3"], "no caller has asked since");
  await peers.applied.subscribers("D", "3");
  time.now += 1_000;
  assert.deepEqual(await next("event 4"), ["event 4"]);
});

Deno.test("SendRounds requests no report from a subscriber that reports without a request", async () => {
  using time = new PassingTime();
  const { peers, publish, reportApplied, taken } = await subscribed(1, "plain");
  publish("event 1");
  reportApplied(1);
  time.now += 500;
  await peers.applied.subscribers("D", "1");
  time.now += 500;
  taken();
  publish("event 2");
  await nextTurn();
  assert.deepEqual(taken(), [["event 2"]]);
});

import assert from "node:assert/strict";
import { encodeUpdate } from "../../../service/event/codec/encode.ts";
import { dbUpdate } from "../../../service/event/db_update.ts";
import { PositionedPublisher } from "../../../service/publish/positioned_publisher.ts";
import {
  decodeReplayAnswer,
  decodeReplayRequest,
  encodeReplayAnswer,
  encodeReplayRequest,
  type ReplayAnswer,
} from "../../../service/protocol/replay_protocol.ts";
import { ReplayResponder } from "../../../service/publish/replay_responder.ts";
import { RefusalLog } from "../../../service/base/refusal_log.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { FakeFrames } from "../../support/fake_frames.ts";
import { RecordingLogger } from "../../support/recording_logger.ts";
import { codeOf } from "../event/codec/support.ts";

const ID = "58edf3d5-b797-52ba-b70b-5647a5c19a27";
const REQUEST = { publisher: ID, epoch: 1_462_548_000_000_001, topic: "D", from: 3, to: 9 };

Deno.test("decodeReplayRequest reads what encodeReplayRequest writes, and nothing else", () => {
  assert.deepEqual(decodeReplayRequest(encodeReplayRequest(REQUEST)), REQUEST);
  const wrong = [{ from: 0 }, { to: 2 }, { publisher: "x" }, { epoch: 0.5 }, { topic: "" }];
  for (const change of wrong) {
    const octets = encodeReplayRequest({ ...REQUEST, ...change });
    assert.notEqual(codeOf(() => decodeReplayRequest(octets)), null, JSON.stringify(change));
  }
  assert.equal(codeOf(() => decodeReplayRequest(Uint8Array.of(0xc1))), "FIELD_MISTYPED");
});

const { from: _from, to: _to, ...ASKED } = REQUEST;

Deno.test("decodeReplayAnswer reads what encodeReplayAnswer writes", () => {
  const answers: ReplayAnswer[] = [
    { ...ASKED, first: 0, events: [] },
    { ...ASKED, first: 4, events: [new Uint8Array(70_000).fill(7), Uint8Array.of(1)] },
  ];
  for (const answer of answers) {
    assert.deepEqual(decodeReplayAnswer(encodeReplayAnswer(answer)), answer);
  }
});

Deno.test("decodeReplayAnswer refuses every truncation, and first without events", () => {
  const octets = encodeReplayAnswer({ ...ASKED, first: 4, events: [Uint8Array.of(1, 2, 3)] });
  for (let length = 0; length < octets.length; length++) {
    assert.notEqual(codeOf(() => decodeReplayAnswer(octets.slice(0, length))), null, `${length}`);
  }
  const contradiction = encodeReplayAnswer({ ...ASKED, first: 4, events: [] });
  assert.equal(codeOf(() => decodeReplayAnswer(contradiction)), "FIELD_MISTYPED");
  const huge = Uint8Array.from([...octets.slice(0, -8), 0xc6, 0xff, 0xff, 0xff, 0xff, 1]);
  assert.equal(codeOf(() => decodeReplayAnswer(huge)), "TRUNCATED");
});

function setUp(maxBytes = 100_000, replay = { events: 5, octets: 50_000, totalOctets: 50_000 }) {
  const frames = new FakeFrames();
  const clock = new FakeClock();
  const log = new RecordingLogger();
  const refusals = new RefusalLog("From a node", log, clock);
  const publisher = new PositionedPublisher(frames, {
    id: ID,
    clock,
    maxEventBytes: 20_000,
    replay,
  });
  const responder = new ReplayResponder(publisher, { maxBytes, refusals });
  const publish = (length = 10) => {
    const update = dbUpdate({ table: "t", key: "k", action: "set", value: "v".repeat(length) });
    publisher.trySend("D", encodeUpdate(update, "map"));
  };
  const ask = async (from: number, to: number, other = {}) => {
    const { epoch } = publisher;
    const request = { publisher: ID, epoch, topic: "D", from, to, ...other };
    const answer = await responder.handle(encodeReplayRequest(request));
    assert(answer !== undefined && answer.length <= maxBytes);
    const { first, events, ...asked } = decodeReplayAnswer(answer);
    assert.deepEqual({ ...asked, from, to }, request);
    const published = frames.sent.map(({ payload }) => payload);
    assert.deepEqual(
      events,
      first === 0 ? [] : published.slice(first - 1, first - 1 + events.length),
    );
    return [first, events.length];
  };
  return { publish, ask, responder, refusals };
}

Deno.test("ReplayResponder answers with what is held of a range, from the oldest on", async () => {
  const { publish, ask, responder } = setUp();
  assert.deepEqual(await ask(1, 3), [0, 0]);
  for (let i = 0; i < 8; i++) publish();
  assert.deepEqual(await ask(5, 6), [5, 2]);
  assert.deepEqual(await ask(1, 5), [4, 2]);
  assert.deepEqual(await ask(7, 2 ** 53 - 1), [7, 2]);
  assert.deepEqual(await ask(1, 3), [0, 0]);
  assert.deepEqual(await ask(9, 12), [0, 0]);
  assert.deepEqual(responder.counters, { answered: 6, replayed: 6, refused: 0 });
});

Deno.test("ReplayResponder holds nothing of other publishers, starts and topics", async () => {
  const { publish, ask } = setUp();
  publish();
  assert.deepEqual(await ask(1, 1, { publisher: "975ba0f4-e4b5-5e8a-9501-f23d9b9abca6" }), [0, 0]);
  assert.deepEqual(await ask(1, 1, { epoch: 5 }), [0, 0]);
  assert.deepEqual(await ask(1, 1, { topic: "t" }), [0, 0]);
});

Deno.test("ReplayResponder answers in parts, when the whole is larger than an answer", async () => {
  const { publish, ask } = setUp(3000);
  for (let i = 0; i < 5; i++) publish(1000);
  assert.deepEqual(await ask(1, 5), [1, 2]);
  assert.deepEqual(await ask(3, 5), [3, 2]);
  assert.deepEqual(await ask(5, 5), [5, 1]);
});

Deno.test("ReplayResponder passes over an event that no answer can hold", async () => {
  const { publish, ask } = setUp(3000);
  publish();
  publish(5000);
  publish();
  assert.deepEqual(await ask(1, 3), [1, 1]);
  assert.deepEqual(await ask(2, 3), [3, 1]);
  assert.deepEqual(await ask(2, 2), [0, 0]);
});

Deno.test("ReplayResponder leaves without answer, counts and reports what is no request", async () => {
  const { responder, refusals } = setUp();
  for (const octets of [new Uint8Array(), Uint8Array.of(0x80), new Uint8Array(500).fill(0xdf)]) {
    assert.equal(await responder.handle(octets), undefined);
  }
  assert.equal(responder.counters.refused, 3);
  assert.equal(Object.values(refusals.counters).reduce((sum, count) => sum + count, 0), 3);
});

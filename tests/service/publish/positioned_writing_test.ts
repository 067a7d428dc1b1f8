import assert from "node:assert/strict";
import { decodeUpdate } from "../../../service/event/codec/decode.ts";
import { encodeUpdate } from "../../../service/event/codec/encode.ts";
import { dbUpdate } from "../../../service/event/db_update.ts";
import { PositionedPublisher } from "../../../service/publish/positioned_publisher.ts";
import { FakeClock } from "../../support/fakes/fake_clock.ts";
import { FakeFrames } from "../../support/fakes/fake_frames.ts";

const OPTIONS = { id: "58edf3d5-b797-52ba-b70b-5647a5c19a27", maxEventBytes: 4096 };

function eventOf(key: string, value = ""): Uint8Array {
  return encodeUpdate(dbUpdate({ table: "lport", key, action: "set", value }), "map");
}

/** A driver that lets its caller write payloads into its own memory. */
class WritableFrames extends FakeFrames {
  /** How many payloads were written. */
  written = 0;

  tryWrite(topic: string, size: number, write: (bytes: Uint8Array, at: number) => void): boolean {
    const memory = new Uint8Array(size + 14).fill(0xff);
    if (this.hasRoom) write(memory, 7);
    if (this.hasRoom) this.written++;
    assert.deepEqual(
      [...memory.subarray(0, 7), ...memory.subarray(7 + size)],
      Array(14).fill(0xff),
    );
    return this.trySend(topic, memory.subarray(7, 7 + size));
  }
}

/** Sends the same events through any driver. */
async function sendAll(frames: FakeFrames) {
  const publisher = new PositionedPublisher(frames, { ...OPTIONS, clock: new FakeClock() });
  for (const payload of [eventOf("a"), eventOf("größe", "x".repeat(3_000)), eventOf("b")]) {
    assert.equal(publisher.trySend("D", payload), true);
  }
  frames.hasRoom = false;
  assert.equal(publisher.trySend("D", eventOf("no room")), false);
  frames.makeRoom();
  await publisher.send("D", eventOf("c"));
  const sent = frames.sent.map(({ topic, payload }) => {
    const { origin, timestamp: _, ...fields } = decodeUpdate(payload, topic);
    // Each publisher has an epoch of its own.
    return { ...fields, origin: { ...origin, epoch: 0 } };
  });
  return { sent, counted: publisher.sent };
}

Deno.test("PositionedPublisher sends the same events, when the driver lets it write into its memory", async () => {
  const frames = new WritableFrames();
  const { sent, counted } = await sendAll(frames);
  assert.deepEqual(sent.map(({ key, origin }) => [key, origin.seq]), [
    ["a", 1],
    ["größe", 2],
    ["b", 3],
    ["c", 4],
  ]);
  assert.deepEqual({ sent, counted }, await sendAll(new FakeFrames()));
  assert.equal(frames.written, 4);
});

Deno.test("PositionedPublisher sends copies, when a recorder takes each frame", () => {
  const frames = new WritableFrames();
  const recorded: Uint8Array[] = [];
  const publisher = new PositionedPublisher(frames, {
    ...OPTIONS,
    clock: new FakeClock(),
    onSent: (_topic, payload) => void recorded.push(payload.slice()),
  });
  publisher.trySend("D", eventOf("a"));
  assert.deepEqual(recorded, frames.sent.map(({ payload }) => payload));
  assert.equal(frames.written, 0);
});

import assert from "node:assert/strict";
import { Broadcast } from "../../../drivers/contract/channel.ts";
import { DriverError } from "../../../drivers/contract/errors.ts";
import type { HealthEvent } from "../../../drivers/contract/health.ts";
import type { FramePublisher } from "../../../drivers/contract/pubsub.ts";
import { ConfirmedPublisher } from "../../../service/publish/confirmed_publisher.ts";
import { bytesOf } from "../../support/frame_reader.ts";
import { withoutLeaks } from "../../support/handles.ts";
import { tempDir } from "../../support/temp_dir.ts";
import { zmqMultiprocDriver } from "../../support/zmq/zmq_drivers.ts";

/** The other end, which replies to each event with the next of these results. */
class ScriptedFrames implements FramePublisher {
  readonly address = "other end";
  readonly health = new Broadcast<HealthEvent>();
  isAcknowledged: boolean | undefined;
  readonly #answers: unknown[];
  readonly #flushed: boolean;

  constructor(answers: readonly unknown[], { flushed = false } = {}) {
    this.#answers = [...answers];
    this.#flushed = flushed;
  }

  trySend(): boolean {
    return true;
  }

  async send(): Promise<void> {
    const answer = await this.#answers.shift();
    if (answer !== undefined) throw answer;
  }

  close(): Promise<{ flushed: boolean }> {
    return Promise.resolve({ flushed: this.#flushed });
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

function sendAll(publisher: ConfirmedPublisher, count: number): Promise<unknown> {
  const sends = Array.from({ length: count }, () => publisher.send("D", new Uint8Array()));
  return Promise.race([Promise.allSettled(sends), new Promise((done) => setImmediate(done))]);
}

for (const isBroker of [true, false]) {
  const who = isBroker ? "a broker" : "a service";
  Deno.test(`ConfirmedPublisher counts each event once, by the verdict of ${who}`, async () => {
    const refused = new DriverError("REFUSED", "OOM");
    const cut = new DriverError("TRANSPORT_FAILED", "closed", { isUncertain: true });
    const late = new DriverError("SEND_TIMEOUT", "no answer", { isUncertain: true });
    const unsent = new DriverError("SEND_TIMEOUT", "no room");
    const nobody = new DriverError("NO_PUBLISHER_SERVICE", "nobody is there");
    const aborted = new Error("interrupted");
    const never = new Promise(() => {});
    const unsentOnes = [unsent, nobody, new RangeError("topic")];
    const answers = [undefined, refused, cut, late, ...unsentOnes, aborted, never];
    const frames = new ScriptedFrames(answers);
    frames.isAcknowledged = isBroker ? undefined : true;
    const publisher = new ConfirmedPublisher(frames, { isBroker });
    await sendAll(publisher, answers.length);
    publisher.trySend("D", new Uint8Array());
    const { acceptance } = await publisher.close();
    assert.deepEqual(acceptance, {
      sent: 7,
      accepted: 1,
      refused: 1,
      // Closed, timed out, aborted, unanswered, and sent without waiting.
      uncertain: 5,
      isAcknowledged: true,
      isInterrupted: true,
      ...(isBroker && { isBroker: true }),
    });
  });
}

Deno.test("ConfirmedPublisher counts no event as accepted, when the service is the original's", async () => {
  const frames = new ScriptedFrames([], { flushed: true });
  frames.isAcknowledged = false;
  const publisher = new ConfirmedPublisher(frames, { isBroker: false });
  await sendAll(publisher, 2);
  publisher.trySend("D", new Uint8Array());
  const { flushed, acceptance } = await publisher.close();
  assert.equal(flushed, true);
  const { sent, accepted, uncertain, isAcknowledged } = acceptance ?? {};
  assert.deepEqual({ sent, accepted, uncertain, isAcknowledged }, {
    sent: 3,
    accepted: 0,
    uncertain: 3,
    isAcknowledged: false,
  });
});

Deno.test("ConfirmedPublisher counts events as uncertain, when the original's service took them and ours follows", async () => {
  const frames = new ScriptedFrames([], { flushed: true });
  const publisher = new ConfirmedPublisher(frames, { isBroker: false });
  frames.isAcknowledged = false;
  await sendAll(publisher, 1);
  frames.isAcknowledged = true;
  await sendAll(publisher, 2);
  const { acceptance } = await publisher.close();
  assert.deepEqual([acceptance?.accepted, acceptance?.uncertain], [2, 1]);
  assert.equal(acceptance?.isAcknowledged, true);
});

Deno.test("ConfirmedPublisher is not flushed, when the answer to an event was cut off and nothing is left", async () => {
  const cut = new DriverError("TRANSPORT_FAILED", "closed", { isUncertain: true });
  for (const [answer, flushed] of [[cut, false], [undefined, true]] as const) {
    const frames = new ScriptedFrames([answer], { flushed: true });
    frames.isAcknowledged = true;
    const publisher = new ConfirmedPublisher(frames, { isBroker: false });
    await sendAll(publisher, 1);
    assert.equal((await publisher.close()).flushed, flushed);
  }
});

Deno.test("ConfirmedPublisher counts what was only tried as accepted, when the driver has flushed it", async () => {
  const publisher = new ConfirmedPublisher(new ScriptedFrames([], { flushed: true }), {
    isBroker: true,
  });
  publisher.trySend("D", new Uint8Array());
  const { acceptance } = await publisher.close();
  assert.deepEqual([acceptance?.sent, acceptance?.accepted], [1, 1]);
});

Deno.test("ConfirmedPublisher does not know about acknowledgement, before the first connection", async () => {
  const publisher = new ConfirmedPublisher(new ScriptedFrames([]), { isBroker: false });
  assert.equal(publisher.isAcknowledged, undefined);
  const { acceptance } = await publisher.close();
  assert.deepEqual([acceptance?.sent, acceptance?.isAcknowledged], [0, false]);
});

Deno.test("ConfirmedPublisher does not count an aborted event, when there was no connection", async () => {
  for (const [isAcknowledged, sent] of [[undefined, 0], [false, 1], [true, 1]] as const) {
    const frames = new ScriptedFrames([new Error("interrupted")], { flushed: true });
    frames.isAcknowledged = isAcknowledged;
    const publisher = new ConfirmedPublisher(frames, { isBroker: false });
    await sendAll(publisher, 1);
    assert.equal((await publisher.close()).acceptance?.sent, sent);
  }
});

Deno.test("ConfirmedPublisher counts each event of a group by the service's verdict, when the service ends during the group", () =>
  withoutLeaks(async () => {
    await using directory = await tempDir();
    const driver = zmqMultiprocDriver(directory.path);
    await using service = await driver.openSubscriber();
    const publisher = new ConfirmedPublisher(await driver.openPublisher(), { isBroker: false });
    const batches = service.batches()[Symbol.asyncIterator]();
    let nextBatch = batches.next();
    await Promise.all([
      publisher.send("D", bytesOf("connected")),
      nextBatch.then(() => {
        nextBatch = batches.next();
      }),
    ]);
    const group = publisher.openGroup();
    for (const text of ["good", "bad", "good"]) {
      assert(publisher.trySendIn(group, "D", bytesOf(text)));
    }
    for (let seen = 0; seen < 3;) {
      const frames = (await nextBatch).value ?? [];
      seen += frames.length;
      for (const frame of frames) {
        if (new TextDecoder().decode(frame.payload) === "bad") service.refuse?.(frame);
      }
      nextBatch = batches.next();
    }
    await group.settled();
    assert.deepEqual([group.accepted, group.failures.map(({ place }) => place)], [2, [1]]);
    const unanswered = publisher.openGroup();
    assert(publisher.trySendIn(unanswered, "D", bytesOf("unanswered")));
    await nextBatch;
    await service[Symbol.asyncDispose]();
    await unanswered.settled();
    await batches.return?.();
    const { acceptance } = await publisher.close({ timeoutMs: 100 });
    assert.deepEqual(acceptance, {
      sent: 5,
      accepted: 3,
      refused: 1,
      uncertain: 1,
      isAcknowledged: true,
      isInterrupted: true,
    });
  }));

Deno.test("ConfirmedPublisher reports that it is not flushed, when its driver is not", async () => {
  const publisher = new ConfirmedPublisher(new ScriptedFrames([undefined]), { isBroker: true });
  await sendAll(publisher, 1);
  const { flushed, acceptance } = await publisher.close();
  assert.deepEqual([flushed, acceptance?.accepted, acceptance?.uncertain], [false, 1, 0]);
});

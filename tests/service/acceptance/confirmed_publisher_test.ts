import assert from "node:assert/strict";
import { Broadcast } from "../../../drivers/contract/channel.ts";
import { DriverError } from "../../../drivers/contract/errors.ts";
import type { HealthEvent } from "../../../drivers/contract/health.ts";
import type { FramePublisher } from "../../../drivers/contract/pubsub.ts";
import { ConfirmedPublisher } from "../../../service/acceptance/confirmed_publisher.ts";

/** A broker that answers each event with the next of these. */
class ScriptedFrames implements FramePublisher {
  readonly address = "broker";
  readonly health = new Broadcast<HealthEvent>();
  readonly #answers: unknown[];

  constructor(answers: readonly unknown[]) {
    this.#answers = [...answers];
  }

  trySend(): boolean {
    return true;
  }

  trySendToAll(): boolean {
    return true;
  }

  async send(): Promise<void> {
    const answer = await this.#answers.shift();
    if (answer !== undefined) throw answer;
  }

  close(): Promise<{ flushed: boolean }> {
    return Promise.resolve({ flushed: false });
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

Deno.test("ConfirmedPublisher counts each event once, by what the broker said of it", async () => {
  const refused = new DriverError("TRANSPORT_FAILED", "OOM");
  const cut = new DriverError("TRANSPORT_FAILED", "closed", { isUncertain: true });
  const late = new DriverError("SEND_TIMEOUT", "no answer", { isUncertain: true });
  const unsent = new DriverError("SEND_TIMEOUT", "no room");
  const aborted = new Error("interrupted");
  const never = new Promise(() => {});
  const answers = [undefined, refused, cut, late, unsent, aborted, new RangeError("topic"), never];
  const publisher = new ConfirmedPublisher(new ScriptedFrames(answers));
  for (const _ of answers) publisher.send("D", new Uint8Array()).catch(() => {});
  publisher.trySend("D", new Uint8Array());
  await new Promise((resolve) => setImmediate(resolve));
  const { acceptance } = await publisher.close();
  assert.deepEqual(acceptance, {
    sent: 7,
    accepted: 1,
    refused: 1,
    // Cut, late, aborted, unanswered, and what was only tried.
    uncertain: 5,
    isAcknowledged: true,
    isInterrupted: true,
    isBroker: true,
  });
});

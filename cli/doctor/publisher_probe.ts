import { messageOf } from "../../drivers/contract/errors.ts";
import type { HealthEvent, LiveProof, PublisherGreeting } from "../../drivers/contract/health.ts";
import type { FrameSubscriber, PubSubDriver } from "../../drivers/contract/pubsub.ts";

/** The result of connecting to one publisher, or to the broker. */
export interface Probe {
  /** Why it is not live; undefined if it is. */
  readonly failure: string | undefined;
  readonly proof: LiveProof | undefined;
  /** Minimum time from a subscription to its confirmation; undefined without one. */
  readonly echoMs: number | undefined;
  readonly greeting: PublisherGreeting | undefined;
  /** Number of milliseconds by which its clock is ahead of this host's; undefined if unknown. */
  readonly clockAheadMs: number | undefined;
}

/** No event has a topic with this prefix. */
const TOPIC = "df-pubsub-doctor";
const ROUNDS = 5;

/** What was received from an address during its probe. */
interface Observed {
  proof?: LiveProof;
  greeting?: PublisherGreeting;
  failure?: string;
  echoMs?: number;
}

/**
 * Connects to publishers, subscribes to a topic without events, and measures the time of further
 * subscriptions. Resolves after at most `timeoutMs` for the connections and `timeoutMs` for the
 * measurement.
 */
export async function probePublishers(
  driver: PubSubDriver,
  addresses: readonly string[],
  timeoutMs: number,
): Promise<ReadonlyMap<string, Probe>> {
  const observed = new Map<string, Observed>(addresses.map((address) => [address, {}]));
  await using subscriber = await driver.openSubscriber();
  void follow(subscriber, observed);
  void drain(subscriber);
  subscriber.registerTopic(TOPIC);
  for (const [address, each] of observed) {
    await noteFailure(each, () => subscriber.registerListenAddress(address));
  }
  await Promise.all(
    [...observed].map(([address, each]) =>
      noteFailure(each, () => subscriber.ready({ addresses: [address], timeoutMs }))
    ),
  );
  for (let round = 0; round < ROUNDS; round++) {
    await measure(subscriber, observed, timeoutMs / ROUNDS);
  }
  return new Map([...observed].map(([address, each]) => [address, probeOf(each)]));
}

/** Measures how long the broker takes to confirm a subscription. @throws {DriverError} */
export async function probeBroker(driver: PubSubDriver, timeoutMs: number): Promise<number> {
  await using subscriber = await driver.openSubscriber({ timeoutMs });
  void drain(subscriber);
  const start = performance.now();
  subscriber.registerTopic(TOPIC);
  await subscriber.ready({ timeoutMs });
  return performance.now() - start;
}

async function follow({ health }: FrameSubscriber, observed: Map<string, Observed>): Promise<void> {
  for await (const event of health) {
    const each = "address" in event ? observed.get(event.address) : undefined;
    if (each !== undefined) note(each, event);
  }
}

function note(observed: Observed, event: HealthEvent): void {
  if (event.kind === "connected" && event.greeting !== undefined) {
    observed.greeting = event.greeting;
  }
  if (event.kind === "live") observed.proof = event.proof;
}

/** Reads the frames, since the confirmation of a subscription may be among them. */
async function drain(subscriber: FrameSubscriber): Promise<void> {
  for await (const _batch of subscriber.batches());
}

async function noteFailure(observed: Observed, work: () => Promise<void> | void): Promise<void> {
  if (observed.failure !== undefined) return;
  try {
    await work();
  } catch (error) {
    observed.failure = messageOf(error);
  }
}

/** Subscribes again at all live publishers, and keeps the minimum time of each. */
async function measure(
  subscriber: FrameSubscriber,
  observed: ReadonlyMap<string, Observed>,
  timeoutMs: number,
): Promise<void> {
  subscriber.unregisterTopic(TOPIC);
  const start = performance.now();
  subscriber.registerTopic(TOPIC);
  await Promise.all([...observed].map(([address, each]) =>
    noteFailure(each, async () => {
      await subscriber.ready({ addresses: [address], timeoutMs });
      each.echoMs = Math.min(each.echoMs ?? Infinity, performance.now() - start);
    })
  ));
}

function probeOf({ failure, proof, echoMs, greeting }: Observed): Probe {
  const hasEcho = failure === undefined && proof === "confirmed";
  const ahead = greeting?.clockAheadMs;
  return {
    failure,
    proof,
    greeting,
    echoMs: hasEcho ? echoMs : undefined,
    // The greeting took about half of the echo time.
    clockAheadMs: ahead === undefined ? undefined : ahead + (echoMs ?? 0) / 2,
  };
}

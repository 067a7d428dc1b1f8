import { messageOf } from "../../drivers/contract/errors.ts";
import type { HealthEvent, LiveProof, PublisherGreeting } from "../../drivers/contract/health.ts";
import type { FrameSubscriber, PubSubDriver } from "../../drivers/contract/pubsub.ts";

/** What came of a connection to one publisher, or to the broker. */
export interface Probe {
  /** Why it is not live; undefined when it is. */
  readonly failure: string | undefined;
  readonly proof: LiveProof | undefined;
  /** Time from a subscription to its confirmation, the best of several; undefined without one. */
  readonly echoMs: number | undefined;
  readonly greeting: PublisherGreeting | undefined;
  /** By how many milliseconds its clock is ahead of this host's, as far as it says. */
  readonly clockAheadMs: number | undefined;
}

/** No event has a topic that begins like this. */
const TOPIC = "df-pubsub-doctor";
const ROUNDS = 5;

/** What was heard of an address while it was probed. */
interface Heard {
  proof?: LiveProof;
  greeting?: PublisherGreeting;
  failure?: string;
  echoMs?: number;
}

/**
 * Connects to publishers, subscribes to a topic without events, and measures the time of further
 * subscriptions. Resolves within `timeoutMs` for the connections and as much for the measurement.
 */
export async function probePublishers(
  driver: PubSubDriver,
  addresses: readonly string[],
  timeoutMs: number,
): Promise<ReadonlyMap<string, Probe>> {
  const heard = new Map<string, Heard>(addresses.map((address) => [address, {}]));
  await using subscriber = await driver.openSubscriber();
  void follow(subscriber, heard);
  void drain(subscriber);
  subscriber.registerTopic(TOPIC);
  for (const [address, each] of heard) {
    await noteFailure(each, () => subscriber.registerListenAddress(address));
  }
  await Promise.all(
    [...heard].map(([address, each]) =>
      noteFailure(each, () => subscriber.ready({ addresses: [address], timeoutMs }))
    ),
  );
  for (let round = 0; round < ROUNDS; round++) await measure(subscriber, heard, timeoutMs / ROUNDS);
  return new Map([...heard].map(([address, each]) => [address, probeOf(each)]));
}

/** How long the broker takes to confirm a subscription. @throws {DriverError} */
export async function probeBroker(driver: PubSubDriver, timeoutMs: number): Promise<number> {
  await using subscriber = await driver.openSubscriber({ timeoutMs });
  void drain(subscriber);
  const start = performance.now();
  subscriber.registerTopic(TOPIC);
  await subscriber.ready({ timeoutMs });
  return performance.now() - start;
}

async function follow({ health }: FrameSubscriber, heard: Map<string, Heard>): Promise<void> {
  for await (const event of health) {
    const each = "address" in event ? heard.get(event.address) : undefined;
    if (each !== undefined) note(each, event);
  }
}

function note(heard: Heard, event: HealthEvent): void {
  if (event.kind === "connected" && event.greeting !== undefined) heard.greeting = event.greeting;
  if (event.kind === "live") heard.proof = event.proof;
}

/** The proof of a subscription may travel in band. */
async function drain(subscriber: FrameSubscriber): Promise<void> {
  for await (const _batch of subscriber.batches());
}

async function noteFailure(heard: Heard, work: () => Promise<void> | void): Promise<void> {
  if (heard.failure !== undefined) return;
  try {
    await work();
  } catch (error) {
    heard.failure = messageOf(error);
  }
}

/** Subscribes anew at all publishers that are live, and keeps the shortest time of each. */
async function measure(
  subscriber: FrameSubscriber,
  heard: ReadonlyMap<string, Heard>,
  timeoutMs: number,
): Promise<void> {
  subscriber.unregisterTopic(TOPIC);
  const start = performance.now();
  subscriber.registerTopic(TOPIC);
  await Promise.all([...heard].map(([address, each]) =>
    noteFailure(each, async () => {
      await subscriber.ready({ addresses: [address], timeoutMs });
      each.echoMs = Math.min(each.echoMs ?? Infinity, performance.now() - start);
    })
  ));
}

function probeOf({ failure, proof, echoMs, greeting }: Heard): Probe {
  const hasEcho = failure === undefined && proof === "confirmed";
  const ahead = greeting?.clockAheadMs;
  return {
    failure,
    proof,
    greeting,
    echoMs: hasEcho ? echoMs : undefined,
    // The greeting took about half of an echo.
    clockAheadMs: ahead === undefined ? undefined : ahead + (echoMs ?? 0) / 2,
  };
}

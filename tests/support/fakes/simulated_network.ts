import type { LiveProof } from "../../../drivers/contract/health.ts";
import type { PubSubTraits } from "../../../drivers/contract/pubsub.ts";
import type { GapNotice } from "../../../service/protocol/notices.ts";
import type {
  NetworkSubscriber,
  NetworkSubscriberOptions,
} from "../../../service/receive/network_subscriber.ts";
import { fakeNetwork, FakeSubscriber } from "./fake_subscriber.ts";
import { NetworkFixture } from "../network_fixture.ts";
import { numberedPayload, type Place } from "../numbered.ts";

/** The publishers that a node follows. */
export const A = "tcp://192.0.2.1:8866";
export const B = "tcp://192.0.2.2:8866";
/** The id of the publisher at B. */
export const OTHER_ID = "8f8d3a52-7d4d-4f10-8c3c-0d6a3f6a4a00";
/** The minimum interval between two syncs of one topic. */
export const SYNC_MS = 5_000;
/** Of a transport without addresses. */
export const BROKER = { listensToAddresses: false } as const;

/** An event by its sequence number, from publisher A and on topic D unless stated. */
export type Coming = number | readonly [number, Place & { readonly address?: string }];

/** A node with a transport that a test simulates. */
export interface SimulatedNetwork extends AsyncDisposable {
  readonly frames: FakeSubscriber;
  readonly fixture: NetworkFixture;
  readonly node: NetworkSubscriber;
  readonly notices: readonly GapNotice[];
  readonly kinds: () => string[];
  /** The emitted events: keys, and syncs with their topic. */
  readonly seen: () => string[];
  readonly settle: () => Promise<void>;
  /** Reports connections as live. */
  readonly live: (proof: LiveProof, ...addresses: readonly string[]) => Promise<void>;
  /** Delivers events in one batch. */
  readonly deliver: (...events: readonly Coming[]) => Promise<void>;
}

/** Opens a node that follows A and B over a simulated transport. */
export async function simulateNetwork(
  traits: Partial<PubSubTraits> = {},
  options: Partial<NetworkSubscriberOptions> = {},
): Promise<SimulatedNetwork> {
  const frames = new FakeSubscriber();
  const fixture = await NetworkFixture.create();
  const notices: GapNotice[] = [];
  const node = await fixture.open({
    driver: fakeNetwork(frames, traits),
    publisherUris: [A, B],
    onNotice: (notice) => notices.push(notice),
    ...options,
  });
  const settle = () => fixture.clock.settle();
  const isAddressed = traits.listensToAddresses !== false;
  return {
    frames,
    fixture,
    node,
    notices,
    settle,
    kinds: () => notices.map(({ kind }) => kind),
    seen: () => fixture.updates.items.map(({ key, topic }) => key ?? `sync ${topic}`),
    async live(proof, ...addresses) {
      for (const address of addresses) frames.live(address, proof);
      await settle();
    },
    async deliver(...events) {
      frames.deliver(...events.map((event) => {
        const [seq, place] = typeof event === "number" ? [event, {}] : event;
        const { address = A, topic = "D" } = place as Place & { readonly address?: string };
        return { topic, payload: numberedPayload(seq, place), ...isAddressed ? { address } : {} };
      }));
      await settle();
    },
    [Symbol.asyncDispose]: () => node[Symbol.asyncDispose](),
  };
}

/** Opens the same node with both publishers live. */
export async function simulateReadyNetwork(
  ...args: Parameters<typeof simulateNetwork>
): Promise<SimulatedNetwork> {
  const network = await simulateNetwork(...args);
  const ready = network.node.ready();
  await network.live("confirmed", A, B);
  await ready;
  return network;
}

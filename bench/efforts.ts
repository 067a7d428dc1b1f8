import type { ColdEffort } from "./cold_section.ts";
import type { CrowdMemoryEffort } from "./crowd_memory_bench.ts";
import type { EtcdEffort } from "./etcd/bench.ts";
import type { FleetEffort } from "./fleet/fleet_section.ts";
import type { FanOutEffort } from "./fan_out_bench.ts";
import type { MemoryEffort } from "./memory_bench.ts";
import type { NbEffort } from "./nb_bench.ts";
import type { PollingRelayEffort } from "./relay/polling_relay_bench.ts";
import type { RedisEffort } from "./redis/bench.ts";
import type { RelayEffort } from "./relay/relay_bench.ts";
import type { ReplayEffort } from "./relay/replay_bench.ts";
import type { RestEffort } from "./rest_bench.ts";
import type { StreamEffort } from "./stream_bench.ts";
import type { TableEffort } from "./table_bench.ts";
import type { TlsEffort } from "./tls/tls_bench.ts";
import type { TopicsEffort } from "./topics_bench.ts";

/** The size of the measurements, part by part. */
export interface Effort {
  readonly relay: RelayEffort;
  readonly positions: RelayEffort;
  readonly recorder: RelayEffort;
  readonly replay: ReplayEffort;
  readonly polls: PollingRelayEffort;
  readonly fanOut: FanOutEffort;
  readonly fleet: FleetEffort;
  readonly rest: RestEffort;
  readonly topics: TopicsEffort;
  readonly streams: StreamEffort;
  readonly nb: NbEffort;
  readonly tables: TableEffort;
  readonly memory: MemoryEffort;
  readonly crowd: CrowdMemoryEffort;
  readonly cold: ColdEffort;
  readonly tls: TlsEffort;
  readonly redis: RedisEffort;
  readonly etcd: EtcdEffort;
}

const RELAY: RelayEffort = {
  rounds: 7,
  warmUpEvents: 500_000,
  floodEvents: 1_000_000,
  paces: [{ events: 300, rate: 100 }, { events: 3_000, rate: 1_000 }, {
    events: 40_000,
    rate: 20_000,
  }],
};

/** The efforts behind the figures of the report. */
export const FULL: Effort = {
  relay: RELAY,
  positions: { ...RELAY, paces: [{ events: 3_000, rate: 1_000 }] },
  recorder: { ...RELAY, paces: [] },
  replay: { rounds: 5, events: 1_000_000 },
  polls: {
    rounds: 5,
    warmUpEvents: 500_000,
    rows: 100_000,
    pace: { events: 3_000, rate: 1_000 },
  },
  fanOut: { rounds: 5, subscribers: [100, 1_000], events: 2_000, rate: 1_000 },
  fleet: { rounds: 31, watched: { rounds: 15, peers: 1_000, events: 5_000, rate: 1_000 } },
  rest: { rounds: 7, subscribers: 500, events: 30 },
  topics: {
    rounds: 5,
    subscribers: 1_000,
    paces: [{ events: 3_000, rate: 1_000 }, { events: 40_000, rate: 20_000 }],
  },
  streams: { rounds: 5, events: 600_000 },
  nb: { rounds: 5, events: 300_000 },
  tables: { rounds: 5, rows: [10_000, 100_000] },
  memory: { rounds: 5, idleSeconds: 10, events: 5_000_000, moreEvents: 500_000 },
  crowd: {
    ...{ rounds: 7, subscribers: 1_000, events: 1_000, rate: 200 },
    ...{ fillEvents: 35_000, fillRate: 1_000, warmUpRounds: 10 },
  },
  cold: { rounds: 15 },
  tls: {
    ...{ rounds: 9, floodRounds: 25, floodEvents: 300_000 },
    ...{ events: 3_000, subscribers: 100, returning: 1_000 },
  },
  redis: {
    rounds: 7,
    sentEvents: 307_200,
    receivedEvents: 99_840,
    floodEvents: 300_000,
    rows: 10_000,
    relayedEvents: 10_000,
  },
  etcd: { rounds: 7, events: 300, batches: 200, rows: 10_000, idleSeconds: 5 },
};

const QUICK_RELAY: RelayEffort = {
  rounds: 2,
  warmUpEvents: 20_000,
  floodEvents: 50_000,
  paces: [{ events: 200, rate: 1_000 }],
};

/** Enough to check that everything works. The figures are not meaningful. */
export const QUICK: Effort = {
  relay: QUICK_RELAY,
  positions: QUICK_RELAY,
  recorder: { ...QUICK_RELAY, paces: [] },
  replay: { rounds: 1, events: 20_000 },
  polls: {
    rounds: 1,
    warmUpEvents: 20_000,
    rows: 10_000,
    pace: { events: 1_000, rate: 1_000 },
  },
  fanOut: { rounds: 1, subscribers: [20], events: 200, rate: 1_000 },
  fleet: { rounds: 5, watched: { rounds: 2, peers: 100, events: 1_000, rate: 1_000 } },
  rest: { rounds: 1, subscribers: 20, events: 3 },
  topics: { rounds: 1, subscribers: 20, paces: [{ events: 200, rate: 1_000 }] },
  streams: { rounds: 1, events: 20_000 },
  nb: { rounds: 1, events: 20_000 },
  tables: { rounds: 1, rows: [1_000, 10_000] },
  memory: { rounds: 2, idleSeconds: 0.5, events: 50_000, moreEvents: 20_000 },
  crowd: {
    ...{ rounds: 2, subscribers: 20, events: 200, rate: 1_000 },
    ...{ fillEvents: 200, fillRate: 1_000, warmUpRounds: 1 },
  },
  cold: { rounds: 2 },
  tls: {
    ...{ rounds: 1, floodRounds: 1, floodEvents: 20_000 },
    ...{ events: 200, subscribers: 20, returning: 20 },
  },
  redis: {
    rounds: 2,
    sentEvents: 20_480,
    receivedEvents: 20_480,
    floodEvents: 10_000,
    rows: 10_000,
    relayedEvents: 10_000,
  },
  etcd: { rounds: 2, events: 20, batches: 8, rows: 10_000, idleSeconds: 1 },
};

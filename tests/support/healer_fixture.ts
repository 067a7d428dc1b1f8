import { decodeUpdate } from "../../service/event/codec/decode.ts";
import type { DbUpdate } from "../../service/event/db_update.ts";
import { GapHealer } from "../../service/receive/gaps/gap_healer.ts";
import type { GapHealerOptions } from "../../service/receive/gaps/gap_healer_options.ts";
import type { GapNotice } from "../../service/protocol/notices.ts";
import { PositionTracker } from "../../service/receive/gaps/position_tracker.ts";
import { Replayer, type ReplayerOptions } from "../../service/receive/gaps/replayer.ts";
import type { ReplayAnswer, ReplayRequest } from "../../service/protocol/replay_protocol.ts";
import type { Received } from "../../service/receive/subscriber.ts";
import { FakeClock } from "./fake_clock.ts";
import { numberedPayload } from "./numbered.ts";

/** Answers a request for events; a rejection is no answer. */
export type Answering = (request: ReplayRequest, signal: AbortSignal) => Promise<ReplayAnswer>;

/** What a publisher answers that keeps the events from one number to another. */
export function keeping(first: number, last: number, most = Infinity): Answering {
  return (request) => Promise.resolve(answer(request, { first, last, most }));
}

function answer(
  request: ReplayRequest,
  { first, last, most }: { first: number; last: number; most: number },
): ReplayAnswer {
  const { publisher, epoch, topic } = request;
  const from = Math.max(request.from, first);
  const to = Math.min(request.to, last, from + most - 1);
  const events: Uint8Array[] = [];
  for (let seq = from; seq <= to; seq++) {
    events.push(numberedPayload(seq, { publisher, epoch, topic }));
  }
  return { publisher, epoch, topic, first: events.length === 0 ? 0 : from, events };
}

/** How {@linkcode setUpHealer} differs from what is usual. */
export type HealerOverrides = Partial<GapHealerOptions> & {
  readonly maxTracks?: number;
  /** How the publisher answers; without it nobody can be asked. */
  readonly answers?: Answering;
};

/** A healer, what it hands on, and what it tells. */
export interface HealerFixture {
  readonly healer: GapHealer;
  readonly clock: FakeClock;
  /** What was handed on. */
  readonly ready: readonly DbUpdate[];
  /** The same by keys, in a line. */
  readonly keys: () => string;
  readonly notices: readonly GapNotice[];
  /** The same in words. */
  readonly told: () => string[];
  /** The topics that a sync was wanted of. */
  readonly lost: readonly string[];
  /** What the publisher was asked for. */
  readonly asked: readonly ReplayRequest[];
  /** Receives a batch, and lets everything run that waits for no time. */
  readonly take: (...items: readonly Received[]) => Promise<void>;
}

/** Sets a healer up on a fake clock and a fake publisher. */
export function setUpHealer(
  { answers, maxTracks = 1_000, ...overrides }: HealerOverrides = {},
): HealerFixture {
  const clock = new FakeClock();
  const notices: GapNotice[] = [];
  const ready: DbUpdate[] = [];
  const lost: string[] = [];
  const asked: ReplayRequest[] = [];
  const client: ReplayerOptions["client"] = {
    ask(_address, request, signal) {
      asked.push(request);
      return answers?.(request, signal) ?? Promise.reject(new Error("nobody is there"));
    },
  };
  const replayer = answers && new Replayer({
    client,
    decode: (payload, topic) => decodeUpdate(payload, topic, { timestamp: 0 }),
    clock,
    helloMs: 1_000,
    holdMs: 30_000,
    onFailure: () => {},
  });
  const onReady = (updates: readonly DbUpdate[]) => {
    ready.push(...updates);
    return Promise.resolve();
  };
  const healer = new GapHealer({
    tracker: new PositionTracker({ maxTracks }),
    replayer,
    clock,
    helloMs: 1_000,
    graceMs: 250,
    holdEvents: 100,
    holdOctets: 100_000,
    onReady,
    onNotice: (notice) => notices.push(notice),
    onLost: (topic) => lost.push(topic),
    onHeard: () => {},
    ...overrides,
  });
  const take = async (...items: readonly Received[]) => {
    ready.push(...healer.take(items));
    await clock.settle();
  };
  const keys = () => ready.map(({ key, action }) => key ?? action).join(" ");
  const told = () => notices.map(shown);
  return { healer, clock, ready, keys, notices, told, lost, asked, take };
}

function shown(notice: GapNotice): string {
  if (notice.kind === "restart" || notice.kind === "contested") return notice.kind;
  const range = `${notice.kind} ${notice.from}..${notice.to}`;
  return notice.kind === "healed" ? `${range} (${notice.replayed})` : range;
}

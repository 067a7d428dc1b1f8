import type { View } from "../../../cli/top/frame.ts";
import { LiveFeed } from "../../../cli/top/live_state.ts";

/** An arbitrary moment, in Unix milliseconds. */
export const NOW = 1_800_000_000_000;

/** A subscriber as a service sends it. */
export function row(name: string, more: Readonly<Record<string, unknown>> = {}): object {
  return {
    ...{ address: `tcp://${name}`, node: name, version: "1", topics: ["D"], topicCount: 1 },
    ...{ since: NOW - 60_000, behind: 0, behindFor: 0, queued: 0 },
    state: "current",
    ...{ skipped: 0, replayed: 0, lost: 0, ...more },
  };
}

/** The first message of a feed. */
export function first(more: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    about: { host: "controller", version: "0.1.0", startedAt: NOW - 5_000 },
    now: NOW,
    ready: true,
    checks: [{ name: "service", ok: true, detail: "running" }],
    publishers: [],
    total: 0,
    samples: [{
      at: NOW,
      received: 1234.4,
      sent: 99,
      p50Ms: 0.1234,
      p99Ms: null,
      dbMs: 1.5,
      lag: 0,
    }],
    peers: [],
    ...more,
  });
}

/** A view of a service's first message. */
export function viewOf(
  message: Readonly<Record<string, unknown>> = {},
  view: Partial<View> = {},
): View {
  const feed = new LiveFeed();
  feed.take(first(message));
  return {
    state: feed.state,
    outage: undefined,
    ...{ sort: "state", isReversed: false, filter: "", isTyping: false, isPaused: false },
    offset: 0,
    ...view,
  };
}

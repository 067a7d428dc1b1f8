import { waitFor } from "../../../contract/waiting.ts";
import { Reason } from "../../reason.ts";
import type { EtcdKeyValue } from "../answers.ts";
import type { EtcdClient } from "../client.ts";
import type { EtcdRefusal } from "../errors.ts";
import { type EtcdEvent, EtcdWatch } from "../watch.ts";
import { WatchAnswers, watchRequest } from "../watch_answers.ts";

const SILENCE_MS = 10_000;

/** Which puts to read. */
export interface PutHistory {
  readonly key: string;
  /** Puts after this revision are read. */
  readonly after: number;
  /** The revision of the last put that is read. */
  readonly to: number;
  readonly cluster: string;
  readonly signal: AbortSignal;
}

/**
 * Passes the puts on a key to `take`, in order, until it returns false.
 *
 * @throws {Reason} if they are compacted meanwhile, or do not arrive; {@linkcode EtcdRefusal}
 */
export async function readHistory(
  client: EtcdClient,
  { key, after, to, cluster, signal }: PutHistory,
  take: (kv: EtcdKeyValue) => boolean,
): Promise<void> {
  let isMore = after < to;
  if (!isMore) return;
  const hooks = {
    onEvents: (events: readonly EtcdEvent[]) => {
      for (const { type, kv } of events) {
        if (type === "DELETE") continue;
        isMore &&= Number(kv.mod_revision) <= to && take(kv);
      }
    },
    onLive: () => {},
    onLost: () => {},
    onGap: () => {},
    onRefused: (error: EtcdRefusal) => {
      throw error;
    },
  };
  const watch = new EtcdWatch({ key }, hooks, { after, cluster });
  const stop = new AbortController();
  await client.stream({
    method: "watch",
    body: (prefix) => watchRequest([watch], prefix),
    at: Math.floor(1_000 * Math.random()),
    signal: AbortSignal.any([signal, stop.signal]),
  }, async ({ first, rest }) => {
    const answers = new WatchAnswers([watch]);
    answers.take(first);
    while (isMore && (watch.after ?? 0) < to) {
      const { value, done } = await waitFor(rest.next(), { timeoutMs: SILENCE_MS });
      if (done) throw new Reason("it ended the stream");
      answers.take(value);
      if (answers.compactedTo > 0) throw new Reason("it was compacted meanwhile");
    }
  }).finally(() => stop.abort());
}

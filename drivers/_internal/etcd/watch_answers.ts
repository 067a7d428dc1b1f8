import { EtcdRefusal } from "./errors.ts";
import type { EtcdAnswer } from "./http.ts";
import type { EtcdEvent, EtcdWatch } from "./watch.ts";

interface WatchAnswer {
  readonly header?: { readonly cluster_id?: string; readonly revision?: string };
  /** Absent if it is 0. */
  readonly watch_id?: string;
  readonly created?: boolean;
  readonly canceled?: boolean;
  readonly cancel_reason?: string;
  readonly compact_revision?: string;
  /** Whether the rest of the events follows. */
  readonly fragment?: boolean;
  readonly events?: readonly EtcdEvent[];
}

/** The request that begins a stream: one watch after the other. */
export function watchRequest(watches: readonly EtcdWatch[], prefix: string): string {
  // Older members refuse a field that they do not know.
  const parts = prefix === "/v3" ? { fragment: true } : {};
  return watches.map(({ range, after }) => {
    const start = after === undefined ? {} : { start_revision: String(after + 1) };
    return JSON.stringify({
      create_request: { ...range, ...start, ...parts, progress_notify: true },
    });
  }).join("\n");
}

/** Hands the answers of one stream to its watches. */
export class WatchAnswers {
  readonly #watches: readonly EtcdWatch[];
  readonly #byId = new Map<string, EtcdWatch>();
  #created = 0;
  #compactedTo = 0;
  #isForeign = false;
  #isAhead = false;

  /** @param watches in the order of the request */
  constructor(watches: readonly EtcdWatch[]) {
    this.#watches = watches;
  }

  /** Whether etcd has answered for every watch. */
  get isComplete(): boolean {
    return this.#created === this.#watches.length;
  }

  /** Events before this revision are no longer kept, and a watch needed them; 0 if none did. */
  get compactedTo(): number {
    return this.#compactedTo;
  }

  /** Whether the revision of a watch was one of another cluster. */
  get isForeign(): boolean {
    return this.#isForeign;
  }

  /** Whether a watch begins after the last revision of the member. */
  get isAhead(): boolean {
    return this.#isAhead;
  }

  /** @throws {EtcdRefusal} if the member ends a watch for a reason of its own */
  take(answer: EtcdAnswer): void {
    const { created, canceled, events, fragment, watch_id: id = "0", ...rest }: WatchAnswer =
      answer;
    const watch = created ? this.#watches[this.#created++] : this.#byId.get(id);
    if (watch === undefined) return;
    const refusal = new EtcdRefusal(0, rest.cancel_reason ?? "the watch was canceled");
    if (rest.compact_revision !== undefined) this.#compactedTo = Number(rest.compact_revision);
    else if (canceled && created) watch.refuse(refusal);
    else if (canceled) throw refusal;
    else if (created) this.#place(watch, id, rest);
    else if (events !== undefined) watch.take(events, fragment === true);
    else watch.advance(Number(rest.header?.revision ?? 0));
  }

  #place(watch: EtcdWatch, id: string, { header = {} }: WatchAnswer): void {
    const { cluster_id: cluster = "", revision = "0" } = header;
    this.#byId.set(id, watch);
    if (watch.cluster !== undefined && watch.cluster !== cluster) {
      watch.move(Number(revision), cluster);
      this.#isForeign = true;
    }
    this.#isAhead ||= (watch.after ?? 0) > Number(revision);
    watch.confirm(Number(revision), cluster);
  }
}

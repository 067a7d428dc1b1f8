import type { Talk } from "./log.ts";

/** So long a publisher may take before anybody wonders. */
const PATIENCE_MS = 2_000;

/**
 * Says once that no publisher is live yet, and which are waited for: a command that listens would be
 * as silent as it is when nothing happens.
 */
export class WaitingNote implements Disposable {
  readonly #talk: Pick<Talk, "say">;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isOver = false;

  constructor(talk: Pick<Talk, "say">) {
    this.#talk = talk;
  }

  /** From now on somebody waits. @param publisherUris whom it listens to, by the time it is said */
  begin(publisherUris: () => readonly string[], patienceMs: number = PATIENCE_MS): void {
    if (this.#isOver) return;
    const say = () => this.#talk.say(noteOn(publisherUris()));
    this.#timer = setTimeout(say, patienceMs);
  }

  /** There is nothing to wait for any more: a publisher is live, or it is all over. */
  [Symbol.dispose](): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }
}

function noteOn(uris: readonly string[]): string {
  if (uris.length > 0) return `no publisher is live yet: waiting for ${uris.join(", ")}`;
  return "no publisher is known yet: waiting for one in the publishers table, " +
    "which df-pubsub publishers list shows";
}

/** Why a command that listened was never live. @param uris the publishers that it listened to */
export function neverLive(uris: readonly string[]): string {
  if (uris.length > 0) return `no publisher was live, of ${uris.join(", ")}`;
  return "no publisher was known; df-pubsub publishers list shows the publishers table";
}

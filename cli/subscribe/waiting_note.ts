import type { Talk } from "../terminal/log.ts";

/** Time after which a subscriber without a live publisher is worth a note. */
const DELAY_MS = 2_000;

/** Where the addresses of publishers come from. */
export interface PublisherSources {
  /** The database, when there is one. */
  readonly place: string | undefined;
  /** The files of the configuration. */
  readonly configSource: string;
}

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

  /**
   * From now on somebody waits.
   *
   * @param publisherUris the publishers that are followed, by the time it is said
   * @param sources where they come from
   */
  begin(
    publisherUris: () => readonly string[],
    sources: PublisherSources,
    delayMs: number = DELAY_MS,
  ): void {
    if (this.#isOver) return;
    const say = () => this.#talk.say(noteOn(publisherUris(), sources));
    this.#timer = setTimeout(say, delayMs);
  }

  /** There is nothing to wait for any more: a publisher is live, or it is all over. */
  [Symbol.dispose](): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }
}

function noteOn(uris: readonly string[], { place, configSource }: PublisherSources): string {
  const configuration = `(configuration: ${configSource})`;
  if (uris.length > 0) {
    return `no publisher is live yet: waiting for ${uris.join(", ")} ${configuration}`;
  }
  const table = place === undefined ? "the publishers table" : `the publishers table of ${place}`;
  return `no publisher is known yet: waiting for one in ${table}, ` +
    `which df-pubsub publishers list shows ${configuration}`;
}

/** Why a command that listened was never live. @param uris the publishers that it listened to */
export function neverLive(uris: readonly string[]): string {
  if (uris.length > 0) return `no publisher was live: tried ${uris.join(", ")}`;
  return "no publisher was known; df-pubsub publishers list shows the publishers table";
}

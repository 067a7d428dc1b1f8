import type { Messages } from "../terminal/log.ts";

/** Time without a live publisher after which a subscriber prints a note. */
const DELAY_MS = 2_000;

/** The sources of publishers' addresses. */
export interface PublisherSources {
  /** The database, if there is one. */
  readonly place: string | undefined;
  /** The files of the configuration. */
  readonly configSource: string;
}

/**
 * Prints a note once if no publisher is live yet, with the publishers it waits for. Without it, the
 * command would be as silent as if no events were published.
 */
export class WaitingNote implements Disposable {
  readonly #messages: Pick<Messages, "say">;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isOver = false;

  constructor(messages: Pick<Messages, "say">) {
    this.#messages = messages;
  }

  /**
   * Starts the wait.
   *
   * @param publishers returns the addresses of the followed publishers, each with its failure
   * @param sources the sources of these addresses
   */
  begin(
    publishers: () => readonly string[],
    sources: PublisherSources,
    delayMs: number = DELAY_MS,
  ): void {
    if (this.#isOver) return;
    const say = () => this.#messages.say(noteOn(publishers(), sources));
    this.#timer = setTimeout(say, delayMs);
  }

  /** Ends the wait: a publisher is live, or the command ends. */
  [Symbol.dispose](): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }
}

function noteOn(publishers: readonly string[], { place, configSource }: PublisherSources): string {
  const configuration = `(configuration: ${configSource})`;
  if (publishers.length > 0) {
    return `no publisher is live yet: waiting for ${publishers.join(", ")} ${configuration}`;
  }
  const table = place === undefined ? "the publishers table" : `the publishers table of ${place}`;
  return `no publisher is known yet: waiting for one in ${table}, ` +
    `see df-pubsub publishers list ${configuration}`;
}

import { checkTopic } from "../event/codec/topic.ts";
import { topicOfHello } from "../protocol/hello.ts";

/** More than these are not remembered. */
const MAX_TOPICS = 10_000;

/**
 * The topics whose hello somebody has subscribed to: given to a driver before there is a publisher, as
 * subscribers may be quick.
 */
export class HeardTopics {
  readonly #topics = new Set<string>();
  #onHeard: ((topic: string) => void) | undefined;

  /** All of them, in the order in which they were first heard of. */
  get topics(): Iterable<string> {
    return this.#topics;
  }

  /** Whether there may be others that are not remembered. */
  get isFull(): boolean {
    return this.#topics.size >= MAX_TOPICS;
  }

  /** Takes note of a subscription, of any topic; never throws. */
  readonly note = (subscribed: string): void => {
    const topic = topicOfHello(subscribed);
    if (topic === undefined || !isTopic(topic)) return;
    if (!this.#topics.has(topic) && this.isFull) return;
    this.#topics.add(topic);
    this.#onHeard?.(topic);
  };

  /** Calls back for each subscription from now on, and at once for the topics there are. */
  listen(onHeard: (topic: string) => void): void {
    this.#onHeard = onHeard;
    for (const topic of this.#topics) onHeard(topic);
  }
}

function isTopic(topic: string): boolean {
  try {
    checkTopic(topic);
    return true;
  } catch {
    return false;
  }
}

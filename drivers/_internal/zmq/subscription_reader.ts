import { inNextTurn } from "../../contract/next_turn.ts";
import { MAX_TOPIC_BYTES, TopicCache } from "../topic_cache.ts";
import type { ZmqSocket } from "./libzmq.ts";
import { isProbe } from "./probe.ts";

const SUBSCRIBE = 1;
const READ_PER_TURN = 256;
const NOTHING = new Uint8Array(0);

/** Reads what subscribers tell an XPUB socket: answers their probes and says what they want. */
export class SubscriptionReader {
  readonly #socket: ZmqSocket;
  readonly #onSubscription: ((topic: string) => void) | undefined;
  readonly #topics = new TopicCache();
  readonly #message = new Uint8Array(1 + MAX_TOPIC_BYTES);
  #isDue = false;
  #isClosed = false;

  constructor(socket: ZmqSocket, onSubscription: ((topic: string) => void) | undefined) {
    this.#socket = socket;
    this.#onSubscription = onSubscription;
  }

  /**
   * Reads what has come; what is no subscription, or to no topic, is passed over. A peer that never
   * stops subscribing must let others have their turn.
   */
  read(): void {
    for (let count = 0; count < READ_PER_TURN; count++) {
      if (this.#isClosed) return;
      const bytes = this.#socket.receive(this.#message);
      if (bytes < 0) return;
      if (this.#message[0] === SUBSCRIBE) this.#onTopic(this.#message.subarray(1), bytes - 1);
    }
    this.#readSoon();
  }

  #readSoon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    inNextTurn(() => {
      this.#isDue = false;
      this.read();
    });
  }

  /** Reads no more: before the socket is closed. */
  close(): void {
    this.#isClosed = true;
  }

  #onTopic(octets: Uint8Array<ArrayBuffer>, length: number): void {
    const topic = octets.subarray(0, length);
    if (isProbe(topic)) {
      this.#socket.sendPair(topic, NOTHING);
      return;
    }
    if (this.#onSubscription === undefined) return;
    const text = this.#topics.text(octets, length);
    if (text !== undefined) this.#onSubscription(text);
  }
}

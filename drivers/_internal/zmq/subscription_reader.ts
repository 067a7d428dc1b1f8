import { MAX_TOPIC_BYTES, TopicCache } from "../topic_cache.ts";
import { TurnByTurn } from "../turn_by_turn.ts";
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
  readonly #reading = new TurnByTurn(READ_PER_TURN, () => this.#readOne());
  #isClosed = false;

  constructor(socket: ZmqSocket, onSubscription: ((topic: string) => void) | undefined) {
    this.#socket = socket;
    this.#onSubscription = onSubscription;
  }

  /** Reads what has come, turn by turn; what is no subscription, or to no topic, is passed over. */
  read(): void {
    this.#reading.run();
  }

  #readOne(): boolean {
    if (this.#isClosed) return false;
    const bytes = this.#socket.receive(this.#message);
    if (bytes < 0) return false;
    if (this.#message[0] === SUBSCRIBE) this.#onTopic(this.#message.subarray(1), bytes - 1);
    return true;
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

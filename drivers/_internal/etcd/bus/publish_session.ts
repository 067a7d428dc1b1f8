import type { Session } from "../../broker/session_keeper.ts";
import { DriverError } from "../../../contract/errors.ts";
import type { EtcdClient } from "../client.ts";
import { EtcdRefusal, explainEtcd } from "../errors.ts";
import { topicKey } from "./topic_key.ts";

/** After this time without an answer, etcd is asked whether it would answer. */
const IDLE_MS = 5_000;

/** The time in which etcd answers, with a majority of its members. */
export class PublishSession implements Session {
  readonly lost: Promise<string>;
  readonly #client: EtcdClient;
  readonly #timer: ReturnType<typeof setInterval>;
  #lose: (reason: string) => void = () => {};
  #hasAnswered = true;

  /** @throws {DriverError} `TRANSPORT_FAILED` if etcd does not answer */
  static async open(client: EtcdClient): Promise<PublishSession> {
    try {
      await probe(client);
      return new PublishSession(client);
    } catch (thrown) {
      const message = `etcd "${client.label}": cannot publish: ${explainEtcd(thrown)}`;
      throw new DriverError("TRANSPORT_FAILED", message, { cause: thrown });
    }
  }

  private constructor(client: EtcdClient) {
    this.#client = client;
    this.lost = new Promise((resolve) => this.#lose = resolve);
    this.#timer = setInterval(() => void this.#look(), IDLE_MS);
  }

  noteAnswer(): void {
    this.#hasAnswered = true;
  }

  fail(reason: string): void {
    this.#lose(reason);
  }

  async #look(): Promise<void> {
    if (!this.#hasAnswered) {
      await probe(this.#client).catch((thrown) => this.fail(explainEtcd(thrown)));
    }
    this.#hasAnswered = false;
  }

  [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    return Promise.resolve();
  }
}

/** Reads with a majority. @throws if there is no answer; a refusal is an answer */
async function probe(client: EtcdClient): Promise<void> {
  try {
    await client.call("kv/range", { key: topicKey(""), count_only: true }, "read");
  } catch (thrown) {
    if (!(thrown instanceof EtcdRefusal)) throw thrown;
  }
}

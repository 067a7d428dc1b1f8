import { DriverError } from "../../../drivers/contract/errors.ts";
import { Semaphore } from "../../../drivers/contract/semaphore.ts";
import type { Requester, RequestReply } from "../../../drivers/contract/requests.ts";
import {
  decodeReplayAnswer,
  encodeReplayRequest,
  type ReplayAnswer,
  type ReplayRequest,
} from "../../protocol/replay_protocol.ts";

/** How a {@linkcode ReplayClient} asks. */
export interface ReplayClientOptions {
  /** How long an answer may take, in milliseconds. A request is repeated once. */
  readonly timeoutMs: number;
  /** The most connections; the one that was used least lately makes room. @default 16 */
  readonly maxConnections?: number;
  /** The most questions under way; the others wait. @default 4 */
  readonly maxRequests?: number;
}

const ATTEMPTS = 2;
const MAX_CONNECTIONS = 16;
const MAX_REQUESTS = 4;
/** Addresses of other transports are nothing a publisher between hosts answers at. */
const ANSWERING = /^(?:tcp|ipc|memory):/;

interface Connection {
  readonly requester: Promise<Requester>;
  users: number;
}

/**
 * Asks publishers for events that were missed, at the addresses that their hellos name.
 *
 * Such an address comes from the network: it may be nonsense or lead nowhere, which costs a bounded
 * wait and one of a bounded number of connections.
 */
export class ReplayClient implements AsyncDisposable {
  readonly #requests: RequestReply;
  readonly #options: ReplayClientOptions;
  /** One permit for each request under way. */
  readonly #slots: Semaphore;
  /** By address, the one that was used least lately first. */
  readonly #connections = new Map<string, Connection>();
  readonly #closing = new Set<Promise<void>>();
  #isDisposed = false;

  constructor(requests: RequestReply, options: ReplayClientOptions) {
    this.#requests = requests;
    this.#options = options;
    this.#slots = new Semaphore(options.maxRequests ?? MAX_REQUESTS);
  }

  /**
   * Asks once, and once more when no answer comes.
   *
   * @throws {DriverError} `SEND_TIMEOUT`, `NO_RESPONDER` and others, {WireError} for an answer that
   * is none. An abort rejects.
   */
  async ask(address: string, request: ReplayRequest, signal: AbortSignal): Promise<ReplayAnswer> {
    if (!ANSWERING.test(address)) {
      throw new DriverError("ADDRESS_INVALID", `Cannot ask "${address}": wanted tcp://host:port`);
    }
    using _slot = await this.#slots.acquire({ signal });
    const connection = this.#connect(address);
    connection.users++;
    try {
      const octets = encodeReplayRequest(request);
      return decodeReplayAnswer(await this.#attempt(await connection.requester, octets, signal));
    } finally {
      connection.users--;
    }
  }

  async #attempt(
    requester: Requester,
    octets: Uint8Array,
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    const { timeoutMs } = this.#options;
    for (let attempt = 1;; attempt++) {
      try {
        return await requester.request(octets, { timeoutMs, signal });
      } catch (error) {
        if (!isTimeout(error) || attempt === ATTEMPTS) throw error;
      }
    }
  }

  #connect(address: string): Connection {
    if (this.#isDisposed) throw new DriverError("CLOSED", `Cannot ask "${address}": closed`);
    const known = this.#connections.get(address);
    this.#connections.delete(address);
    const connection = known ?? { requester: this.#open(address), users: 0 };
    this.#connections.set(address, connection);
    if (known === undefined) this.#makeRoom(connection);
    return connection;
  }

  #open(address: string): Promise<Requester> {
    const requester = this.#requests.openRequester(address);
    requester.catch(() => this.#connections.delete(address));
    return requester;
  }

  #makeRoom(newest: Connection): void {
    const { maxConnections = MAX_CONNECTIONS } = this.#options;
    for (const [address, connection] of this.#connections) {
      if (this.#connections.size <= maxConnections) return;
      if (connection.users > 0 || connection === newest) continue;
      this.#connections.delete(address);
      this.#close(connection);
    }
  }

  #close({ requester }: Connection): void {
    const closed = requester.then((opened) => opened[Symbol.asyncDispose](), () => {});
    this.#closing.add(closed);
    void closed.finally(() => this.#closing.delete(closed));
  }

  /** Closes every connection. Disposing twice is fine. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    for (const connection of this.#connections.values()) this.#close(connection);
    this.#connections.clear();
    await Promise.all(this.#closing);
  }
}

function isTimeout(error: unknown): boolean {
  if (!(error instanceof DriverError)) return false;
  return error.code === "SEND_TIMEOUT" || error.code === "NO_RESPONDER";
}

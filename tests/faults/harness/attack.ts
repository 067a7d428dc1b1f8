import { joined } from "../../../drivers/contract/joined.ts";
import { sessionProperties } from "../../../drivers/_internal/zmtp/session.ts";
import * as wire from "../../../drivers/_internal/zmtp/wire.ts";

/** Bytes of any buffer type. */
type Bytes = Uint8Array<ArrayBuffer>;

/** The result of an attack. */
export interface Done {
  connections: number;
  /** Number of connections that the publisher closed. */
  ended: number;
  sent: number;
  received: number;
}

/** The behaviour of one attacking connection. */
export interface Flood {
  /** Bytes sent once the connection is open. */
  readonly hello?: Bytes;
  /** The next bytes to send, called repeatedly; undefined ends the connection. */
  readonly next: (round: number) => Bytes | undefined | Promise<Bytes | undefined>;
  /** @default true */
  readonly reads?: boolean;
  /** Number of concurrent connections. @default 1 */
  readonly connections?: number;
}

const READ_BYTES = 256 * 1024;
const PAUSE_MS = 5;

/** The handshake of a subscriber from other software. */
export const plainHello = joined([wire.greeting(), wire.ready("SUB", new Map())]);
/** The handshake with our session. */
export const sessionHello = joined([
  wire.greeting(),
  wire.ready("SUB", sessionProperties({ node: "attacker", processId: 1, version: "0" })),
]);

/** The common part of all attacks: connections to one port until the deadline. Disposing ends all. */
export class Attack implements Disposable {
  readonly done: Done = { connections: 0, ended: 0, sent: 0, received: 0 };
  readonly #port: number;
  readonly #endsAt: number;
  readonly #buffer = new Uint8Array(READ_BYTES);
  readonly #open = new Set<Deno.TcpConn>();

  constructor(port: number, seconds: number) {
    this.#port = port;
    this.#endsAt = performance.now() + seconds * 1000;
  }

  get isOver(): boolean {
    return performance.now() >= this.#endsAt;
  }

  /** Resolves after a delay, or at the deadline if that is earlier. */
  rest(ms: number): Promise<void> {
    const left = Math.max(0, this.#endsAt - performance.now());
    return new Promise((resolve) => setTimeout(resolve, Math.min(ms, left)));
  }

  /** Connects, and reconnects whenever the publisher has closed a connection. */
  async flood({ hello = plainHello, next, reads = true, connections = 1 }: Flood): Promise<void> {
    const one = async () => {
      while (!this.isOver) {
        const connection = await this.connect();
        if (connection === undefined) continue;
        const reading = reads ? this.#drain(connection) : undefined;
        const hasEnded = !await this.#write(connection, hello, next);
        if (hasEnded) this.done.ended++;
        this.#close(connection);
        await reading;
      }
    };
    await Promise.all(Array.from({ length: connections }, one));
  }

  async connect(): Promise<Deno.TcpConn | undefined> {
    try {
      const connection = await Deno.connect({ hostname: "127.0.0.1", port: this.#port });
      this.done.connections++;
      this.#open.add(connection);
      return connection;
    } catch {
      await this.rest(PAUSE_MS);
      return undefined;
    }
  }

  /** Returns false when the publisher has closed the connection. */
  async #write(connection: Deno.TcpConn, hello: Bytes, next: Flood["next"]): Promise<boolean> {
    let bytes: Bytes | undefined = hello;
    const timer = setTimeout(
      () => this.#close(connection),
      Math.max(0, this.#endsAt - performance.now()),
    );
    try {
      for (let round = 0; bytes !== undefined; round++) {
        for (let at = 0; at < bytes.length;) {
          const count: number = await connection.write(bytes.subarray(at));
          at += count;
          this.done.sent += count;
        }
        if (this.isOver) return true;
        bytes = await next(round);
      }
      return true;
    } catch {
      return this.isOver;
    } finally {
      clearTimeout(timer);
    }
  }

  async #drain(connection: Deno.TcpConn): Promise<void> {
    try {
      for (let count; (count = await connection.read(this.#buffer)) !== null;) {
        this.done.received += count;
      }
    } catch {
      // Either end has closed the connection.
    }
    this.#close(connection);
  }

  #close(connection: Deno.TcpConn): void {
    if (this.#open.delete(connection)) connection.close();
  }

  [Symbol.dispose](): void {
    for (const connection of this.#open) connection.close();
  }
}

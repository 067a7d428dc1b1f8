import { sessionProperties } from "../../../drivers/_internal/zmtp/session.ts";
import * as wire from "../../../drivers/_internal/zmtp/wire.ts";

/** Bytes without the type that says which memory they are in. */
type Bytes = Uint8Array<ArrayBuffer>;

/** What the attacker did. */
export interface Done {
  connections: number;
  /** Connections that the publisher ended. */
  ended: number;
  sent: number;
  received: number;
}

/** How one connection attacks. */
export interface Flood {
  /** Sent when it is connected. */
  readonly hello?: Bytes;
  /** What is sent next, again and again; undefined to end the connection. */
  readonly next: (round: number) => Bytes | undefined | Promise<Bytes | undefined>;
  /** @default true */
  readonly reads?: boolean;
  /** How many at the same time. @default 1 */
  readonly connections?: number;
}

const READ_BYTES = 256 * 1024;
const PAUSE_MS = 5;

/** Pieces as one. */
export function joined(parts: readonly Uint8Array[]): Bytes {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** A handshake of a subscriber of other software. */
export const plainHello = joined([wire.greeting(), wire.ready("SUB", new Map())]);
/** The same with our session. */
export const sessionHello = joined([
  wire.greeting(),
  wire.ready("SUB", sessionProperties({ node: "attacker", processId: 1, version: "0" })),
]);

/** What all attacks share: connections to one port until the time is over. */
export class Attack {
  readonly done: Done = { connections: 0, ended: 0, sent: 0, received: 0 };
  readonly #port: number;
  readonly #endsAt: number;
  readonly #buffer = new Uint8Array(READ_BYTES);

  constructor(port: number, seconds: number) {
    this.#port = port;
    this.#endsAt = performance.now() + seconds * 1000;
  }

  get isOver(): boolean {
    return performance.now() >= this.#endsAt;
  }

  /** Resolves after so long, or when the time is over. */
  rest(ms: number): Promise<void> {
    const left = Math.max(0, this.#endsAt - performance.now());
    return new Promise((resolve) => setTimeout(resolve, Math.min(ms, left)));
  }

  /** Connects, and connects again whenever the publisher has ended a connection. */
  async flood({ hello = plainHello, next, reads = true, connections = 1 }: Flood): Promise<void> {
    const one = async () => {
      while (!this.isOver) {
        const connection = await this.connect();
        if (connection === undefined) continue;
        const reading = reads ? this.#drain(connection) : undefined;
        const hasEnded = !await this.#write(connection, hello, next);
        if (hasEnded) this.done.ended++;
        close(connection);
        await reading;
      }
    };
    await Promise.all(Array.from({ length: connections }, one));
  }

  async connect(): Promise<Deno.TcpConn | undefined> {
    try {
      const connection = await Deno.connect({ hostname: "127.0.0.1", port: this.#port });
      this.done.connections++;
      return connection;
    } catch {
      await this.rest(PAUSE_MS);
      return undefined;
    }
  }

  /** False when the publisher has ended the connection. */
  async #write(connection: Deno.TcpConn, hello: Bytes, next: Flood["next"]): Promise<boolean> {
    let bytes: Bytes | undefined = hello;
    const timer = setTimeout(
      () => close(connection),
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
      // Closed, by either end.
    }
    close(connection);
  }
}

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // It is closed.
  }
}

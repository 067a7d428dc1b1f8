import { sleep } from "./wait.ts";

/** Transforms received bytes into bytes to send. Each connection has its own. */
export interface StreamFilter {
  push(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>;
}

/** The faults of a {@linkcode TcpProxy}. */
export interface TcpProxyOptions {
  /** The port on this host to which connections are relayed. */
  readonly targetPort: number;
  /** Filters the bytes from the target to its clients. @default no filter */
  readonly filter?: () => StreamFilter;
  /** Called for each chunk. Returns its delay in milliseconds. @default none */
  readonly delayMs?: () => number;
}

const BUFFER_BYTES = 65_536;

/** A relay between clients and a server on this host, for faults between them. */
export class TcpProxy implements AsyncDisposable {
  readonly port: number;
  readonly #options: TcpProxyOptions;
  readonly #listener: Deno.TcpListener;
  readonly #connections = new Set<Deno.TcpConn>();
  readonly #accepting: Promise<void>;
  readonly #pumps = new Set<Promise<void>>();
  #isCut = false;

  /** Listens on a free port at once. */
  constructor(options: TcpProxyOptions) {
    this.#options = options;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.port = this.#listener.addr.port;
    this.#accepting = this.#accept();
  }

  get uri(): string {
    return `tcp://127.0.0.1:${this.port}`;
  }

  /** Breaks every connection, and refuses new ones until it is restored. */
  cut(isCut: boolean): void {
    this.#isCut = isCut;
    if (isCut) this.#connections.forEach(close);
  }

  async #accept(): Promise<void> {
    for await (const client of this.#listener) {
      if (this.#isCut) close(client);
      else await this.#join(client);
    }
  }

  async #join(client: Deno.TcpConn): Promise<void> {
    try {
      const server = await Deno.connect({ hostname: "127.0.0.1", port: this.#options.targetPort });
      client.setNoDelay();
      server.setNoDelay();
      const { filter, delayMs = () => 0 } = this.#options;
      this.#track(this.#pump(server, client, { filter: filter?.(), delayMs }));
      this.#track(this.#pump(client, server, { filter: undefined, delayMs: () => 0 }));
    } catch {
      close(client);
    }
  }

  #track(pump: Promise<void>): void {
    this.#pumps.add(pump);
    void pump.finally(() => this.#pumps.delete(pump));
  }

  async #pump(from: Deno.TcpConn, to: Deno.TcpConn, how: PumpOptions): Promise<void> {
    this.#connections.add(from);
    try {
      await copy(from, to, how);
    } catch {
      // One end has closed: the other end follows.
    } finally {
      this.#connections.delete(from);
      close(from);
      close(to);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isCut = true;
    this.#listener.close();
    this.#connections.forEach(close);
    await this.#accepting;
    await Promise.all(this.#pumps);
  }
}

interface PumpOptions {
  readonly filter: StreamFilter | undefined;
  readonly delayMs: () => number;
}

async function copy(
  from: Deno.TcpConn,
  to: Deno.TcpConn,
  { filter, delayMs }: PumpOptions,
): Promise<void> {
  const buffer = new Uint8Array(BUFFER_BYTES);
  for (let count; (count = await from.read(buffer)) !== null;) {
    const bytes = buffer.subarray(0, count);
    const passed = filter?.push(bytes) ?? bytes;
    const held = delayMs();
    if (held > 0) await sleep(held);
    for (let at = 0; at < passed.length;) at += await to.write(passed.subarray(at));
  }
}

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // It is already closed.
  }
}

/** A TCP relay on this host that a test can cut and restore. */
export interface TcpProxy extends AsyncDisposable {
  /** The relay's address as `tcp://127.0.0.1:port`. */
  readonly uri: string;
  /** Closes every connection and refuses new ones. */
  cut(): void;
  /** Accepts connections again. */
  mend(): void;
}

/** Transforms the bytes on their way. */
export type Passage = TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>;

/** Passes everything on unchanged. */
const unchanged = (): Passage => new TransformStream();

/**
 * Starts a relay to a port of this host. `transform` applies to bytes towards that port, `replies`
 * to those from it.
 */
export function startProxy(
  port: number,
  transform: () => Passage = unchanged,
  replies: () => Passage = unchanged,
): Promise<TcpProxy> {
  const proxy = new Proxy(port, transform, replies);
  proxy.mend();
  return Promise.resolve(proxy);
}

class Proxy implements TcpProxy {
  readonly #port: number;
  readonly #transform: () => Passage;
  readonly #replies: () => Passage;
  readonly #open = new Set<Deno.TcpConn>();
  readonly #tasks = new Set<Promise<void>>();
  #listener: Deno.TcpListener | undefined;
  #ownPort = 0;

  constructor(port: number, transform: () => Passage, replies: () => Passage) {
    this.#port = port;
    this.#transform = transform;
    this.#replies = replies;
  }

  get uri(): string {
    return `tcp://127.0.0.1:${this.#ownPort}`;
  }

  mend(): void {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: this.#ownPort });
    this.#listener = listener;
    this.#ownPort = listener.addr.port;
    this.#run(this.#accept(listener));
  }

  cut(): void {
    this.#listener?.close();
    this.#listener = undefined;
    for (const connection of this.#open) closeQuietly(connection);
    this.#open.clear();
  }

  #run(task: Promise<void>): void {
    const running = task.catch(() => {}).finally(() => this.#tasks.delete(running));
    this.#tasks.add(running);
  }

  async #accept(listener: Deno.TcpListener): Promise<void> {
    for await (const near of listener) {
      const to = { hostname: "127.0.0.1", port: this.#port };
      const far = await Deno.connect(to).catch(() => near.close());
      if (far === undefined) continue;
      for (const connection of [near, far]) this.#open.add(connection);
      this.#run(near.readable.pipeThrough(this.#transform()).pipeTo(far.writable));
      this.#run(far.readable.pipeThrough(this.#replies()).pipeTo(near.writable));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    await Promise.all(this.#tasks);
  }
}

// If the other end has ended, this end is already closed.
function closeQuietly(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}

/** A TCP relay on this host that can be cut and mended. */
export interface TcpProxy extends AsyncDisposable {
  /** Where to connect, as `tcp://127.0.0.1:port`. */
  readonly uri: string;
  /** Ends every connection and refuses new ones. */
  cut(): void;
  /** Takes connections again. */
  mend(): void;
}

/** What bytes go through on their way. */
export type Passage = TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>;

/** Starts a relay to a port of this host; `passage` is for what goes there, not for what comes back. */
export function startProxy(port: number, passage?: () => Passage): Promise<TcpProxy> {
  const proxy = new Proxy(port, passage);
  proxy.mend();
  return Promise.resolve(proxy);
}

class Proxy implements TcpProxy {
  readonly #port: number;
  readonly #passage: () => Passage;
  readonly #open = new Set<Deno.TcpConn>();
  readonly #tasks = new Set<Promise<void>>();
  #listener: Deno.TcpListener | undefined;
  #ownPort = 0;

  constructor(port: number, passage: () => Passage = () => new TransformStream()) {
    this.#port = port;
    this.#passage = passage;
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
      const far = await Deno.connect({ hostname: "127.0.0.1", port: this.#port });
      for (const connection of [near, far]) this.#open.add(connection);
      this.#run(near.readable.pipeThrough(this.#passage()).pipeTo(far.writable));
      this.#run(far.readable.pipeTo(near.writable));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    await Promise.all(this.#tasks);
  }
}

// One whose other end has gone is closed already.
function closeQuietly(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}

import type { EtcdWatch } from "./watch.ts";
import { WatchStream, type WatchStreamOptions } from "./watch_stream.ts";

const MAX_STREAMS = 8;
/** Number of watches from which on a further stream is opened, while there may be one. */
const FEW = 32;

/**
 * Watches keys and ranges of etcd, any number over at most 8 connections. Many watches on one
 * connection slow each other down, and begin anew together.
 */
export class EtcdWatcher implements AsyncDisposable {
  readonly #options: WatchStreamOptions;
  readonly #streams: WatchStream[] = [];

  constructor(options: WatchStreamOptions) {
    this.#options = options;
  }

  /** Begins a watch. */
  add(watch: EtcdWatch): void {
    this.#emptiest().add(watch);
  }

  #emptiest(): WatchStream {
    const [least] = this.#streams.toSorted((a, b) => a.size - b.size);
    const hasRoom = least !== undefined && least.size < FEW;
    if (least !== undefined && (hasRoom || this.#streams.length === MAX_STREAMS)) return least;
    const stream = new WatchStream(this.#options);
    this.#streams.push(stream);
    return stream;
  }

  /** Ends a watch; its hooks are not called any more. */
  delete(watch: EtcdWatch): void {
    watch.end();
    this.#streams.find((stream) => stream.has(watch))?.delete(watch);
  }

  /** Ends all watches. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#streams.map((stream) => stream.close()));
  }
}

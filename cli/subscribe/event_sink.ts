import type { DbUpdate } from "../../service/event/db_update.ts";
import type { EventFormat } from "../events/event_format.ts";
import type { Output } from "../terminal/io.ts";

/** Where `subscribe` puts events. */
export interface EventSink {
  /** Takes an event. Await the result before the next one. */
  take(update: DbUpdate): void | Promise<void>;
  /** Puts out the events that it has taken; to be called after each batch. @throws {OutputClosed} */
  flush(): void;
}

/** Writes events as text. The texts of a batch are written together, in one system call. */
export class LineSink implements EventSink {
  readonly #format: EventFormat;
  readonly #out: Output;
  #text = "";

  constructor(format: EventFormat, out: Output) {
    this.#format = format;
    this.#out = out;
  }

  take(update: DbUpdate): void {
    this.#text += this.#format(update);
  }

  flush(): void {
    if (this.#text === "") return;
    const text = this.#text;
    this.#text = "";
    this.#out.write(text);
  }
}

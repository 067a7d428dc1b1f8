import { isSignalIgnored } from "../../drivers/host.ts";

/** The signals that end a command: the first one aborts `signal`. */
export class Interrupts {
  readonly #controller = new AbortController();
  readonly #signals: Deno.Signal[] = ["SIGINT", "SIGTERM"];
  readonly #onSignal: () => void;

  /**
   * @param isService whether SIGHUP is a request, and not the end of the terminal
   * @param onSecond called at each further signal
   */
  constructor(isService: boolean, onSecond: () => void) {
    this.#onSignal = () => {
      if (this.signal.aborted) onSecond();
      this.#controller.abort(new Error("Interrupted by a signal"));
    };
    const isIgnored = isSignalIgnored("SIGHUP");
    // Deno's first listener undoes the effect of nohup(1), so it is restored.
    if (!isService && isIgnored) Deno.addSignalListener("SIGHUP", () => {});
    if (!isService && !isIgnored) this.#signals.push("SIGHUP");
    this.#listen();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  #listen(): void {
    for (const signal of this.#signals) Deno.addSignalListener(signal, this.#onSignal);
  }

  /**
   * Until the result is disposed, any of the signals ends the process at once, even while the
   * process is blocked.
   */
  suspend(): Disposable {
    for (const signal of this.#signals) Deno.removeSignalListener(signal, this.#onSignal);
    return { [Symbol.dispose]: () => this.#listen() };
  }
}

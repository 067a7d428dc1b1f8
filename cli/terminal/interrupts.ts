/** The signals that end a command: the first one aborts `signal`. */
export class Interrupts {
  readonly #controller = new AbortController();
  readonly #signals: readonly Deno.Signal[];
  readonly #onSignal: () => void;

  /** @param onSecond called at each further signal */
  constructor(signals: readonly Deno.Signal[], onSecond: () => void) {
    this.#signals = signals;
    this.#onSignal = () => {
      if (this.signal.aborted) onSecond();
      this.#controller.abort(new Error("Interrupted by a signal"));
    };
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

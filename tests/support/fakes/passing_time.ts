/** Replaces `performance.now` until disposed. Only a test moves the time. */
export class PassingTime implements Disposable {
  /** Whole milliseconds, because their sums are exact. */
  now = Math.ceil(performance.now());

  constructor() {
    Object.defineProperty(performance, "now", { value: () => this.now, configurable: true });
  }

  [Symbol.dispose](): void {
    Reflect.deleteProperty(performance, "now");
  }
}

/** Replaces timers until disposed: each is called when the time has passed. */
export class PassingTimers extends PassingTime {
  readonly #original = { setTimeout, clearTimeout };
  #due: { readonly at: number; readonly call: () => void }[] = [];

  constructor() {
    super();
    const setTimeout = (call: () => void, ms: number) => {
      const timer = { at: this.now + ms, call };
      this.#due.push(timer);
      return timer;
    };
    const clearTimeout = (timer: unknown) => {
      this.#due = this.#due.filter((each) => each !== timer);
    };
    Object.assign(globalThis, { setTimeout, clearTimeout });
  }

  pass(ms: number): void {
    this.now += ms;
    const due = this.#due.filter(({ at }) => at <= this.now);
    this.#due = this.#due.filter(({ at }) => at > this.now);
    for (const { call } of due) call();
  }

  override [Symbol.dispose](): void {
    Object.assign(globalThis, this.#original);
    super[Symbol.dispose]();
  }
}

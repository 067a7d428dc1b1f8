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

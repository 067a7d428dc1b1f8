/** What `performance.now` says until it is disposed of: only a test moves it. */
export class PassingTime implements Disposable {
  /** Whole milliseconds: their sums are exact. */
  now = Math.ceil(performance.now());

  constructor() {
    Object.defineProperty(performance, "now", { value: () => this.now, configurable: true });
  }

  [Symbol.dispose](): void {
    Reflect.deleteProperty(performance, "now");
  }
}

import type { DriverError } from "./errors.ts";

/**
 * Frames that are sent together and whose answers are awaited together: they cost one promise, where
 * {@linkcode FramePublisher.send} costs several for each frame.
 */
export class SendGroup {
  /** The frames that were not accepted, by their place in the group, which counts from 0. */
  readonly failures: { readonly place: number; readonly error: DriverError }[] = [];
  /** How many frames the driver has taken: the place of the next. */
  taken = 0;
  readonly #onAccepted: (bytes: number) => void;
  readonly #onFailed: (error: DriverError) => void;
  #accepted = 0;
  #settled: PromiseWithResolvers<void> | undefined;

  /**
   * Nothing is taken yet.
   *
   * @param onAccepted receives the size of the payload of each frame that is accepted
   * @param onFailed receives the error of each frame that is not
   */
  constructor(
    onAccepted: (bytes: number) => void = () => {},
    onFailed: (error: DriverError) => void = () => {},
  ) {
    this.#onAccepted = onAccepted;
    this.#onFailed = onFailed;
  }

  /** How many frames the other end has accepted. */
  get accepted(): number {
    return this.#accepted;
  }

  /** The other end has accepted a frame. */
  accept(bytes: number): void {
    this.#accepted++;
    this.#onAccepted(bytes);
    this.#look();
  }

  /** The other end has not accepted a frame, for what {@linkcode FramePublisher.send} rejects with. */
  fail(place: number, error: DriverError): void {
    this.failures.push({ place, error });
    this.#onFailed(error);
    this.#look();
  }

  /** Resolves when every frame that was taken has its answer. Ask when the last one was taken. */
  settled(): Promise<void> {
    this.#settled ??= Promise.withResolvers<void>();
    this.#look();
    return this.#settled.promise;
  }

  #look(): void {
    if (this.#accepted + this.failures.length === this.taken) this.#settled?.resolve();
  }
}

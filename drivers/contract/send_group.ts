import type { DriverError } from "./errors.ts";

/**
 * Frames that are sent together and whose answers are awaited together. A group costs one promise,
 * while {@linkcode FramePublisher.send} costs several for each frame.
 */
export class SendGroup {
  /** The frames that were not accepted, by their index in the group. */
  readonly failures: { readonly place: number; readonly error: DriverError }[] = [];
  /** Number of frames that the driver has taken: the index of the next one. */
  taken = 0;
  readonly #onAccepted: (bytes: number) => void;
  readonly #onFailed: (error: DriverError) => void;
  #accepted = 0;
  #settled: PromiseWithResolvers<void> | undefined;

  /**
   * Creates an empty group.
   *
   * @param onAccepted gets the size of the payload of each accepted frame
   * @param onFailed gets the error of each other frame
   */
  constructor(
    onAccepted: (bytes: number) => void = () => {},
    onFailed: (error: DriverError) => void = () => {},
  ) {
    this.#onAccepted = onAccepted;
    this.#onFailed = onFailed;
  }

  /** Number of frames that the other end has accepted. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Notes that the other end has accepted a frame. */
  accept(bytes: number): void {
    this.#accepted++;
    this.#onAccepted(bytes);
    this.#look();
  }

  /**
   * Notes that the other end has not accepted a frame, with the error of
   * {@linkcode FramePublisher.send}.
   */
  fail(place: number, error: DriverError): void {
    this.failures.push({ place, error });
    this.#onFailed(error);
    this.#look();
  }

  /** Resolves when every taken frame has its answer. Call it after the last frame was taken. */
  settled(): Promise<void> {
    this.#settled ??= Promise.withResolvers<void>();
    this.#look();
    return this.#settled.promise;
  }

  #look(): void {
    if (this.#accepted + this.failures.length === this.taken) this.#settled?.resolve();
  }
}

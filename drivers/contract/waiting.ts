/** How a waiting call is bounded: by time, by a signal, or both. */
export interface WaitOptions {
  /** The most milliseconds to wait. */
  readonly timeoutMs?: number;
  /** Ends the wait when aborted, with its reason. */
  readonly signal?: AbortSignal;
}

import type { WaitOptions } from "../../../contract/waiting.ts";

/**
 * What `promise` gives, while it gives it in time; else what `late` makes. An abort rejects with
 * the signal's reason. The promise itself goes on, and may be ignored.
 */
export function bounded<T>(
  promise: Promise<T>,
  late: () => Error,
  { timeoutMs, signal }: WaitOptions = {},
): Promise<T> {
  if (signal?.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const onAbort = () => settle(() => reject(signal?.reason));
    const settle = (finish: () => void) => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      finish();
    };
    const timer = timeoutMs === undefined
      ? undefined
      : setTimeout(() => settle(() => reject(late())), timeoutMs);
    signal?.addEventListener("abort", onAbort, { once: true });
    promise.then(
      (value) => settle(() => resolve(value)),
      (error) => settle(() => reject(error)),
    );
  });
}

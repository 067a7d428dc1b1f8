import type { ServiceRequest } from "./io.ts";

const REQUESTS: readonly (readonly [Deno.Signal, ServiceRequest])[] = [
  ["SIGHUP", "reload"],
  ["SIGUSR1", "toggle-debug"],
  ["SIGQUIT", "describe"],
];

/** The signals that ask a service for something. From the first moment on none of them ends it. */
export class ServiceSignals {
  /** What was asked for before anything handled it. */
  readonly #early = new Set<ServiceRequest>();
  #handle = (request: ServiceRequest): void => void this.#early.add(request);

  constructor() {
    for (const [signal, request] of REQUESTS) {
      Deno.addSignalListener(signal, () => this.#handle(request));
    }
  }

  /** From now on `handle` is called with each request, first with those that came before. */
  handle(handle: (request: ServiceRequest) => void): void {
    this.#handle = handle;
    for (const request of this.#early) handle(request);
    this.#early.clear();
  }
}

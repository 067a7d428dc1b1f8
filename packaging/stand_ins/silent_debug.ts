interface Trace {
  (...values: unknown[]): void;
  readonly enabled: boolean;
}

/**
 * ioredis prints its traces with the package `debug`, which lists all variables when it is loaded;
 * the compiled program may only read those that it knows.
 */
export default function createTrace(): Trace {
  return Object.assign(() => {}, { enabled: false });
}

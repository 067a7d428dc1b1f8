/**
 * The flags of V8 that the program runs with. Each trades memory that it would seldom need for work
 * that the benchmark does not see (docs/performance.md).
 */
export const V8_FLAGS = "--v8-flags=" + [
  // Room for short-lived objects: 2 MB instead of 16, which saves 20 MB.
  "--max-semi-space-size=2",
  // Garbage is collected when it is half of what is in use, instead of up to three times as much.
  "--heap-growing-percent=50",
  // What only the start needed can be given back: cli/serve/give_back_memory.ts.
  "--expose-gc",
].join(",");

/**
 * The program's flags for V8. Each saves memory that is seldom needed, for work that the benchmark
 * does not show (docs/performance.md).
 */
export const V8_FLAGS = "--v8-flags=" + [
  // Limits the space for short-lived objects to 2 MB instead of 16, which saves 20 MB.
  "--max-semi-space-size=2",
  // Collects garbage when it reaches half of the memory in use, instead of up to three times as
  // much.
  "--heap-growing-percent=50",
  // Allows memory that only the start needed to be freed: cli/serve/give_back_memory.ts.
  "--expose-gc",
].join(",");

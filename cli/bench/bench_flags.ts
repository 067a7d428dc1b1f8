import { InvalidArgumentError } from "@commander-js/extra-typings";
import { type LoadLimits, percentOf } from "./load/verdict.ts";
import type { CommonFlags } from "../composition.ts";
import { positiveInteger } from "../flags/flag_values.ts";

/** The flags that every `bench` has, and the limits of a load. */
export interface ReportFlags extends CommonFlags, LoadLimits {
  readonly json?: true | undefined;
  readonly csv?: true | undefined;
}

/** The flags of `bench pub`; times are in seconds. */
export interface PubFlags extends ReportFlags {
  readonly events?: number | undefined;
  readonly duration?: number | undefined;
  readonly warmup?: number | undefined;
  readonly rate?: number | undefined;
  readonly size: number;
  readonly topics: number;
  readonly publishers: number;
}

/** The flags of `bench sub`. */
export interface SubFlags extends ReportFlags {
  readonly events?: number | undefined;
  readonly duration?: number | undefined;
  readonly warmup?: number | undefined;
  readonly topics: number;
  readonly subscribers: number;
}

/** The flags of `bench relay` and `bench latency`. */
export interface RelayFlags extends PubFlags {
  readonly subscribers: number;
}

/** Maximum number of each per command, since sockets and memory are limited. */
export const MAX = {
  publishers: 100,
  subscribers: 100,
  topics: 1_000,
  /** Product of publishers and topics. */
  streams: 20_000,
  /** Bytes of the prepared events: one for each stream. */
  bytes: 2 ** 28,
} as const;

/** Default duration of a load. */
export const DEFAULT_DURATION_S = 10;

/** Creates a parser of a flag's whole number from 1 to `most`. */
export function upTo(most: number): (text: string) => number {
  return (text) => {
    const value = positiveInteger(text);
    if (value > most) throw new InvalidArgumentError(`wanted at most ${most}`);
    return value;
  };
}

/** Parses a flag's percentage. */
export function lossLimit(text: string): number {
  const percent = percentOf(text);
  if (percent === undefined) {
    throw new InvalidArgumentError("wanted a percentage from 0 to 100, as 0, 0.1 or 0.1%");
  }
  return percent;
}

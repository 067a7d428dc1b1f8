import type { Range } from "./missing_ranges.ts";

/**
 * Two contradict each other under one publisher's id: an earlier start is alive after all, or the
 * numbers of this start had been raised by somebody else. Counting goes on from this one.
 */
export interface Contested {
  readonly kind: "contested";
  /** What was still missing of that which was believed before. */
  readonly abandoned: readonly Range[];
  /** What had been published meanwhile, and not been taken. */
  readonly lost?: Range | undefined;
}

/** What a number means, after all that came before it. */
export type Verdict =
  /** Heard of for the first time: the numbers before it are no concern. */
  | { readonly kind: "first" }
  /** The one that was due. */
  | { readonly kind: "next" }
  /** One that was missing. */
  | { readonly kind: "late" }
  /** Seen before: not to be handed on. */
  | { readonly kind: "duplicate" }
  /** Never seen, but given up, or of a start that is over: not to be handed on but to be synced. */
  | { readonly kind: "dropped" }
  /** The first after some that are missing now. */
  | { readonly kind: "gap"; readonly missing: Range }
  /** The first of a new epoch; of the one before, these were still missing. */
  | { readonly kind: "restart"; readonly abandoned: readonly Range[]; readonly missing?: Range }
  | Contested;

export const FIRST: Verdict = { kind: "first" };
export const NEXT: Verdict = { kind: "next" };
export const LATE: Verdict = { kind: "late" };
export const DUPLICATE: Verdict = { kind: "duplicate" };
export const DROPPED: Verdict = { kind: "dropped" };

/** What a hello means. */
export type HelloVerdict =
  | { readonly kind: "first" }
  /** Of the epoch that is known; `ahead` when events up to its number have not come yet. */
  | { readonly kind: "known"; readonly ahead: boolean }
  /** Of an epoch that is over. */
  | { readonly kind: "stale" }
  /** The same, and it speaks of events that are not taken any more. */
  | { readonly kind: "dropped" }
  /** A new epoch, of which no event has come; of the one before, these were still missing. */
  | {
    readonly kind: "restart";
    readonly abandoned: readonly Range[];
    readonly ahead: boolean;
  }
  | Contested;

export const FIRST_HELLO: HelloVerdict = { kind: "first" };
export const KNOWN: HelloVerdict = { kind: "known", ahead: false };
export const AHEAD: HelloVerdict = { kind: "known", ahead: true };
export const STALE: HelloVerdict = { kind: "stale" };
export const DROPPED_HELLO: HelloVerdict = { kind: "dropped" };

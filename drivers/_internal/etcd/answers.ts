import type { EtcdAnswer } from "./client.ts";

/** One key and its value, as the gateway writes it; 64-bit numbers are texts. */
export interface EtcdKeyValue {
  /** Base64. */
  readonly key: string;
  /** Base64; absent for an empty value. */
  readonly value?: string;
  readonly mod_revision: string;
}

/** The answer to a range. */
export interface EtcdRange {
  readonly kvs?: readonly EtcdKeyValue[];
  readonly more?: boolean;
  /** Absent for none. */
  readonly count?: string;
}

/** The answer to a transaction. */
export interface EtcdTransaction {
  readonly succeeded?: boolean;
  readonly responses?: readonly {
    readonly response_range?: EtcdRange;
    readonly response_delete_range?: { readonly deleted?: string };
  }[];
}

/** The revision of the database at the time of an answer. */
export function revisionOf(answer: EtcdAnswer): string {
  const { revision = "0" } = (answer["header"] ?? {}) as { readonly revision?: string };
  return revision;
}

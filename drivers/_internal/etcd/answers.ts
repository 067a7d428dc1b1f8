import type { EtcdAnswer } from "./http.ts";

/** One key and its value in the gateway's form; 64-bit numbers are texts. */
export interface EtcdKeyValue {
  /** Base64. */
  readonly key: string;
  /** Base64; absent for an empty value. */
  readonly value?: string;
  readonly mod_revision: string;
}

/** The answer to a range request. */
export interface EtcdRange {
  readonly kvs?: readonly EtcdKeyValue[];
  readonly more?: boolean;
  /** Absent if it is 0. */
  readonly count?: string;
}

/** The answer to a transaction. */
export interface EtcdTransaction {
  readonly succeeded?: boolean;
  readonly responses?: readonly {
    readonly response_range?: EtcdRange;
  }[];
}

/** The revision of the database when it answered. */
export function revisionOf(answer: EtcdAnswer): string {
  return headerOf(answer).revision ?? "0";
}

/** The cluster that answered. */
export function clusterOf(answer: EtcdAnswer): string {
  return headerOf(answer).cluster_id ?? "";
}

function headerOf(
  { header = {} }: { readonly header?: { revision?: string; cluster_id?: string } },
) {
  return header;
}

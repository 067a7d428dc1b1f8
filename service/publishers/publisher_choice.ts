import type { ReadablePublisherRow } from "./publishers_table.ts";

/** Chooses the address at which a subscriber connects to each publisher: with TLS or without. */
export class PublisherChoice {
  readonly #secureUris: ReadonlyMap<string, string>;
  readonly #secures: "on" | "required" | undefined;

  /** @param secures whether to connect with TLS: to publishers that offer it, or to no others */
  constructor(rows: readonly ReadablePublisherRow[], secures: "on" | "required" | undefined) {
    this.#secures = secures;
    this.#secureUris = new Map(
      rows.flatMap(({ record, secureUri }) =>
        secureUri === undefined ? [] : [[record.uri, secureUri]]
      ),
    );
  }

  /** The addresses of rows. A driver refuses those without TLS where it is required. */
  of(rows: readonly ReadablePublisherRow[]): string[] {
    return rows.map(({ record }) => this.#of(record.uri));
  }

  /** The addresses for configured ones. Where TLS is required, their ports are ports for TLS. */
  ofFixed(uris: readonly string[]): string[] {
    return uris.map((uri) => {
      const chosen = this.#of(uri);
      return this.#secures === "required" ? chosen.replace(/^tcp:/, "tls:") : chosen;
    });
  }

  #of(uri: string): string {
    return this.#secures === undefined ? uri : this.#secureUris.get(uri) ?? uri;
  }
}

/** TLS of a client: what it trusts, and what it shows. */
export interface ClientTls {
  /** Options of `node:tls` and `node:https`. */
  readonly options: {
    readonly ca?: string;
    readonly cert?: string;
    readonly key?: string;
    readonly checkServerIdentity: (
      host: string,
      certificate: { readonly raw: Uint8Array },
    ) => Error | undefined;
  };
  /** Why a connection to a server has failed, about the server as "it"; undefined if unknown. */
  explain(error: unknown, server: URL): Promise<string | undefined>;
}

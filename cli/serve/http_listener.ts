/** An accepted connection; a `Deno.TcpConn` is one. */
export interface HttpConnection extends Pick<Deno.Conn, "read" | "write" | "closeWrite" | "close"> {
  readonly remoteAddr: { readonly hostname: string };
  readonly localAddr: { readonly hostname: string };
  /** Makes the connection secure, before anything else. @default it is a plain one */
  handshake?(): Promise<unknown>;
  /** What is wrong with the certificate of the client; undefined if it is valid. */
  readonly clientFault?: string | undefined;
}

/** What accepts connections. */
export interface HttpListener extends AsyncDisposable {
  readonly scheme: "http" | "https";
  readonly addr: { readonly hostname: string; readonly port: number };
  accept(): Promise<HttpConnection>;
}

/** What is known of a client. */
export interface HttpClient {
  /** Whether it has shown a valid certificate, or what is wrong with it. */
  readonly certificate: "valid" | { readonly fault: string } | undefined;
}

/** Listens without TLS. @throws {Deno.errors.AddrInUse | Deno.errors.AddrNotAvailable} */
export function listenPlain(
  at: { readonly hostname: string; readonly port: number },
): HttpListener {
  const listener = Deno.listen(at);
  const { hostname, port } = listener.addr;
  return {
    scheme: "http",
    addr: { hostname, port },
    accept: () => listener.accept(),
    [Symbol.asyncDispose]: () => Promise.resolve(listener.close()),
  };
}

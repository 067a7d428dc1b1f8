import type { ClientRequest, OutgoingHttpHeaders } from "node:http";
import type { ClientTls } from "../../drivers/contract/client_tls.ts";
import { isOwnHost } from "../config/pages_address.ts";
import type { PageAccess } from "./page_access.ts";

/** A request for a page, which is not sent yet. */
export interface PageRequestSent {
  readonly request: ClientRequest;
  /** Why the request has no token, although there is one. */
  readonly withheld?: string | undefined;
  /** Adds the reason to an error of the connection, if it is known. */
  explain(error: unknown): Promise<unknown>;
}

const WITHHELD =
  "it requires the token, which is sent only over TLS because [df] http_tls_* is set: " +
  "set http_tls_cert_file on that host";

/**
 * Makes a request for a page, over TLS for https.
 *
 * It does not use `fetch`, which would send the request through the proxy of an environment
 * variable.
 *
 * @throws {Error} if a file of TLS is not usable
 */
export async function requestPage(url: URL, access: PageAccess): Promise<PageRequestSent> {
  const isWithheld = access.tokenNeedsTls === true && url.protocol === "http:" &&
    !isOwnHost(url.hostname);
  const token = isWithheld ? undefined : access.token;
  const headers = {
    connection: "close",
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  if (url.protocol === "https:") return await requestSecurely(url, headers, await access.tls?.());
  const { request } = await import("node:http");
  return {
    request: request(url, { agent: false, headers }),
    withheld: isWithheld && access.token !== undefined ? WITHHELD : undefined,
    explain: (error) => {
      const reason = reasonOf(error);
      return Promise.resolve(reason === undefined ? error : new Error(reason, { cause: error }));
    },
  };
}

function reasonOf(error: unknown): string | undefined {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  // The parser of HTTP has failed.
  if (code.startsWith("HPE_")) {
    return "the service does not answer in plain HTTP: it may want https";
  }
  return code === "ECONNRESET" ? "the service closed the connection without an answer" : undefined;
}

async function requestSecurely(
  url: URL,
  headers: OutgoingHttpHeaders,
  tls: ClientTls | undefined,
): Promise<PageRequestSent> {
  const { Agent, request } = await import("node:https");
  // Deno 2.4 shows a client certificate only with an agent of its own.
  const options = { ...tls?.options, keepAlive: false } as ConstructorParameters<typeof Agent>[0];
  const agent = new Agent(options);
  return {
    request: request(url, { ...options, agent, headers }),
    async explain(error) {
      const reason = await tls?.explain(error, url);
      return reason === undefined ? error : new Error(reason, { cause: error });
    },
  };
}

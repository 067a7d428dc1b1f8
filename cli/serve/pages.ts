import {
  answerPage,
  type PageSource,
} from "../../service/controller/observability/health_pages.ts";
import type { HttpClient } from "./http_listener.ts";
import type { HttpRequest } from "./http_request.ts";
import type { HttpResponse } from "./http_response.ts";
import { PAGE_HEADERS, pageFile } from "./page_files.ts";
import type { PageFeed } from "./page_feed.ts";

/** The sources of responses. */
export interface PageParts {
  readonly source: PageSource;
  /** Undefined if the page and the lists of nodes are off. */
  readonly feed: Pick<PageFeed, "stream"> | undefined;
  /** The token that the page and the lists require; undefined for none. */
  readonly token: string | undefined;
  /** The client's certificate, where it is accepted in place of the token. @default it is not */
  readonly certificate?: HttpClient["certificate"];
}

const EVENTS = "/events";
/** The paths of {@linkcode answerPage} that name nodes or show values. */
const LISTS = ["/peers", "/applied", "/row"];

/**
 * Answers the page at `/` with its files and events, and the paths of {@linkcode answerPage}.
 * Probes and metrics require no token.
 */
export async function answer(request: HttpRequest, parts: PageParts): Promise<HttpResponse> {
  const { method, target } = request;
  const { source, feed } = parts;
  const [path = ""] = target.split("?", 1);
  const file = pageFile(path);
  const isPage = file !== undefined || path === EVENTS;
  if (!isPage && !LISTS.includes(path)) return await answerPage(request, source);
  if (feed === undefined) return text(404, "[df] http_page is off\n");
  const refusal = refusalOf(request, parts);
  if (refusal !== undefined) return refusal;
  if (!isPage) return await answerPage(request, source);
  if (method !== "GET" && method !== "HEAD") {
    return text(405, "the methods are GET and HEAD\n", { allow: "GET, HEAD" });
  }
  if (file !== undefined) return file;
  const headers = { ...PAGE_HEADERS, "content-type": "text/event-stream" };
  return { status: 200, headers, body: method === "HEAD" ? "" : feed.stream() };
}

/** The response to a client that has neither the token nor a valid certificate. */
function refusalOf(
  { authorization }: HttpRequest,
  { token, certificate }: PageParts,
): HttpResponse | undefined {
  if (certificate === "valid" || token === undefined && certificate === undefined) return undefined;
  if (token !== undefined && hasToken(authorization, token)) return undefined;
  const ways = [];
  if (token !== undefined) {
    ways.push("the token of [df] http_token_file, as password or bearer token");
  }
  if (certificate !== undefined) {
    ways.push(`a client certificate by [df] http_tls_ca_file: ${certificate.fault}`);
  }
  const wanted = `wanted ${ways.join("; or ")}\n`;
  if (token === undefined) return text(403, wanted);
  return text(401, wanted, { "www-authenticate": 'Basic realm="df-pubsub", charset="UTF-8"' });
}

function text(
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse {
  const standard = { ...PAGE_HEADERS, "content-type": "text/plain; charset=utf-8" };
  return { status, body, headers: { ...standard, ...headers } };
}

/**
 * Whether the header `Authorization` contains the token: as bearer token, or as password of any
 * user.
 */
function hasToken(authorization: string, token: string): boolean {
  const [, scheme = "", value = ""] = /^(\S+) +(\S+)$/.exec(authorization) ?? [];
  if (scheme.toLowerCase() === "bearer") return isSame(value, token);
  return scheme.toLowerCase() === "basic" && isSame(passwordOf(value), token);
}

function passwordOf(credentials: string): string {
  try {
    return atob(credentials).replace(/^[^:]*:/, "");
  } catch {
    return "";
  }
}

/** Takes the same time for every text of the same length, so that the time reveals nothing. */
function isSame(given: string, wanted: string): boolean {
  let difference = given.length ^ wanted.length;
  for (let index = 0; index < wanted.length; index++) {
    difference |= given.charCodeAt(index) ^ wanted.charCodeAt(index);
  }
  return difference === 0;
}

import {
  answerPage,
  type PageSource,
} from "../../service/controller/observability/health_pages.ts";
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
}

const EVENTS = "/events";
/** The paths of {@linkcode answerPage} that name nodes. */
const LISTS = ["/peers", "/applied"];

/**
 * Answers the page at `/` with its files and events, and the paths of {@linkcode answerPage}.
 * Probes and metrics require no token.
 */
export async function answer(request: HttpRequest, parts: PageParts): Promise<HttpResponse> {
  const { method, target, authorization } = request;
  const { source, feed, token } = parts;
  const [path = ""] = target.split("?", 1);
  const file = pageFile(path);
  const isPage = file !== undefined || path === EVENTS;
  if (!isPage && !LISTS.includes(path)) return await answerPage(request, source);
  if (feed === undefined) return text(404, "[df] http_page is off\n");
  if (token !== undefined && !hasToken(authorization, token)) {
    const wanted = "wanted the token of [df] http_token_file, as password or bearer token\n";
    return text(401, wanted, { "www-authenticate": 'Basic realm="df-pubsub", charset="UTF-8"' });
  }
  if (!isPage) return await answerPage(request, source);
  if (method !== "GET" && method !== "HEAD") {
    return text(405, "the methods are GET and HEAD\n", { allow: "GET, HEAD" });
  }
  if (file !== undefined) return file;
  const headers = { ...PAGE_HEADERS, "content-type": "text/event-stream" };
  return { status: 200, headers, body: method === "HEAD" ? "" : feed.stream() };
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

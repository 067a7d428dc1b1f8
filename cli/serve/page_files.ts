import type { HttpResponse } from "./http_response.ts";
import chart from "./page/chart.js" with { type: "text" };
import icon from "./page/icon.svg" with { type: "text" };
import index from "./page/index.html" with { type: "text" };
import page from "./page/page.js" with { type: "text" };
import peersTable from "./page/peers_table.js" with { type: "text" };
import style from "./page/page.css" with { type: "text" };

const SCRIPT = "text/javascript; charset=utf-8";

/** Type and content by path. */
const FILES: ReadonlyMap<string, readonly [type: string, content: string]> = new Map([
  ["/", ["text/html; charset=utf-8", index]],
  ["/page/page.css", ["text/css; charset=utf-8", style]],
  ["/page/icon.svg", ["image/svg+xml", icon]],
  ["/page/page.js", [SCRIPT, page]],
  ["/page/chart.js", [SCRIPT, chart]],
  ["/page/peers_table.js", [SCRIPT, peersTable]],
]);

/** The browser loads only what this server sends, and no other site can embed or read the page. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; " +
    "img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/** The file of the page at this path; undefined without one. */
export function pageFile(path: string): HttpResponse | undefined {
  const [type, body] = FILES.get(path) ?? [];
  if (type === undefined || body === undefined) return undefined;
  return { status: 200, headers: { ...PAGE_HEADERS, "content-type": type }, body };
}

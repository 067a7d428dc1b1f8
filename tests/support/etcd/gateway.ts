import type { EtcdServer } from "./server.ts";

const stopping = () =>
  Response.json({ message: "etcdserver: server stopped", code: 14 }, { status: 503 });

/**
 * Passes requests on to the member, except those for which `isFailed` is true. The reply to these
 * is `failure`: by default that of a member that is stopping.
 */
export function gatewayOf(
  { addresses }: EtcdServer,
  isFailed: (path: string) => boolean,
  failure: () => Response = stopping,
): Deno.HttpServer<Deno.NetAddr> {
  const options = { port: 0, hostname: "127.0.0.1", onListen() {} };
  return Deno.serve(options, async ({ url, method, headers, body }) => {
    const { pathname } = new URL(url);
    if (isFailed(pathname)) return failure();
    using client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
    const sent = method === "GET" ? {} : { body: await new Response(body).text() };
    return await fetch(`http://${addresses[0]}${pathname}`, { client, method, headers, ...sent });
  });
}

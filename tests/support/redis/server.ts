import { dataConfig, type DataOptions, defaultLogin, plainPort } from "./config.ts";
import { RedisNode } from "./node.ts";

/** Starts a server for one test, without persistence, and waits until it is ready. */
export function startRedis(options: DataOptions = {}): Promise<RedisNode> {
  return RedisNode.start({
    program: "redis-server",
    config: (port) => [...plainPort(port), ...dataConfig(options)],
    login: defaultLogin(options.password),
  });
}

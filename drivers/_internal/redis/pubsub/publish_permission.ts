import type { DriverContext } from "../../../contract/pubsub.ts";
import { isReply } from "../errors.ts";
import type { RedisNode } from "../node.ts";
import { RedisRoutes, type RoutesPurpose } from "./routes.ts";
import type { PublishWire } from "./wire.ts";

/**
 * Routes whose every server lets the user publish.
 *
 * ACL DRYRUN would tell, but who may publish need not be allowed to ask that. So the command itself
 * is sent once, idle: an empty message to a channel that has no subscriber, or an entry to a stream
 * that does not exist and is not made. Only a refusal of the command counts. Which channels and keys
 * a user may use is left to the real ones, and so is all that may be over by then.
 *
 * @throws {DriverError} `TRANSPORT_FAILED`
 */
export async function openPublishRoutes(
  context: DriverContext,
  purpose: RoutesPurpose,
  wire: PublishWire,
): Promise<RedisRoutes> {
  const routes = await RedisRoutes.open(context, purpose);
  try {
    await Promise.all(routes.nodes.map((node) => requirePermission(node, wire)));
    return routes;
  } catch (error) {
    await routes[Symbol.asyncDispose]();
    throw routes.connection.failure("publish", error);
  }
}

async function requirePermission({ redis }: RedisNode, wire: PublishWire): Promise<void> {
  const [name, ...args] = wire.idle;
  try {
    await redis.call(name, ...args);
  } catch (error) {
    if (!isReply(error) || isAboutCommand(error)) throw error;
  }
}

function isAboutCommand({ message }: Error): boolean {
  return /^NOPERM.*'\S+' command/i.test(message);
}

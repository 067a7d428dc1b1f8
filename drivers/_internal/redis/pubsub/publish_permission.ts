import type { DriverContext } from "../../../contract/pubsub.ts";
import { isReply } from "../errors.ts";
import type { RedisNode } from "../node.ts";
import { RedisRoutes, type RoutesPurpose } from "./routes.ts";
import type { PublishWire } from "./wire.ts";

/**
 * Opens routes to servers that all allow the user to publish.
 *
 * ACL DRYRUN would show that, but the user may lack the permission for it. So the command itself is
 * sent once, without effect: an empty message to a channel without subscribers, or an entry to a
 * stream that is not created. Only a refusal of the command counts. Permissions for channels and
 * keys show with real events, and so do temporary refusals.
 *
 * @throws {DriverError} `TRANSPORT_FAILED`, or `PERMISSION_DENIED`
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

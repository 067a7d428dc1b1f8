import type { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import type { RedisConnection } from "../connection.ts";

/** The result of a conditional removal. */
export type RedisComparison = "absent" | "other" | "deleted";

const SCRIPT = `
local value = redis.call('GET', KEYS[1])
if value == false then return 'absent' end
if value ~= ARGV[1] then return 'other' end
redis.call('DEL', KEYS[1])
return 'deleted'
`;

const DIGEST = createHash("sha1").update(SCRIPT).digest("hex");

/** Removes the row of that name if it has the expected value, atomically. */
export async function compareAndDeleteRedis(
  { client }: RedisConnection,
  name: string,
  expected: string | Buffer,
): Promise<RedisComparison> {
  const answer = await client.evalsha(DIGEST, 1, name, expected).catch((thrown: unknown) => {
    // The server does not know the script yet, or has restarted.
    if (!String(thrown).includes("NOSCRIPT")) throw thrown;
    return client.eval(SCRIPT, 1, name, expected);
  });
  return answer === "deleted" || answer === "other" ? answer : "absent";
}

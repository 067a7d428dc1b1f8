import { ChildError, output } from "./child.ts";

const DESCRIBE = ["describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"];

/** The commit of the project, with `-dirty` if files differ from it; undefined without git. */
export async function commitOf(): Promise<string | undefined> {
  const text = await ask(DESCRIBE);
  return text !== undefined && /^[0-9a-f]{12,40}(-dirty)?$/.test(text) ? text : undefined;
}

/** Time of the last change, in seconds since 1970, so that builds are reproducible. */
export async function sourceDate(): Promise<number> {
  const given = Deno.env.get("SOURCE_DATE_EPOCH") ?? await ask(["log", "-1", "--format=%ct"]);
  return given !== undefined && /^\d+$/.test(given) ? Number(given) : Math.floor(Date.now() / 1000);
}

async function ask(args: readonly string[]): Promise<string | undefined> {
  try {
    return (await output("git", args)).trim();
  } catch (error) {
    if (error instanceof ChildError || error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

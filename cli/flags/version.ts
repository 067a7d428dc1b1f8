import config from "../../deno.json" with { type: "json" };
import { COMMIT } from "./commit.ts";

/** The version of the program. */
export const VERSION: string = config.version;

/** The version, and of a compiled program the commit: `0.1.0 (4bf4bcd54f1e)`. */
export const BUILD: string = COMMIT === undefined ? VERSION : `${VERSION} (${COMMIT})`;

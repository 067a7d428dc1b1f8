import type { DbDriverEntry, NbDbDriver } from "../../driver.ts";
import { createMemoryDb } from "../../drivers/db/memory.ts";

/**
 * A database driver of an application's own, which counts what is open.
 *
 * @param methods replace those of the driver
 */
export function ownDb(
  methods: Partial<NbDbDriver> = {},
): { readonly entry: DbDriverEntry; readonly isOpen: () => boolean } {
  let open = 0;
  const create = createMemoryDb();
  const load = () =>
    Promise.resolve(async (): Promise<NbDbDriver> => {
      const db = await create();
      const close = db[Symbol.asyncDispose].bind(db);
      open++;
      db[Symbol.asyncDispose] = async () => {
        open--;
        await close();
      };
      return Object.assign(db, methods);
    });
  const entry = { name: "own", aliases: [], summary: "A test's own", options: [], load };
  return { entry, isOpen: () => open > 0 };
}

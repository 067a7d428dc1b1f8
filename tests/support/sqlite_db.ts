import type { DbContext, NbDbDriver } from "../../drivers/contract/db.ts";
import type { Logger } from "../../drivers/contract/logger.ts";
import { silentLogger } from "../../drivers/contract/logger.ts";
import type { OptionDef } from "../../drivers/contract/option.ts";
import { sqliteBusyTimeout, sqlitePath } from "../../drivers/_internal/sqlite/options.ts";
import { openSqliteDb, type SqliteDependencies } from "../../drivers/db/sqlite.ts";

export interface SqliteTestOptions extends SqliteDependencies {
  /** @default 5 */
  readonly busyTimeoutS?: number;
  readonly log?: Logger;
  /** @default true */
  readonly create?: boolean;
}

/** Opens the embedded database at a path, as a program with this configuration would. */
export function openSqliteAt(path: string, options: SqliteTestOptions = {}): Promise<NbDbDriver> {
  return openSqliteDb(sqliteContext(path, options), options);
}

function sqliteContext(path: string, options: SqliteTestOptions): DbContext {
  const texts: Record<string, string> = {
    [sqlitePath.name]: path,
    [sqliteBusyTimeout.name]: String(options.busyTimeoutS ?? 5),
  };
  const get = <T>(option: OptionDef<T>): T => {
    const value = option.type.parse(texts[option.name] ?? "");
    if (value === undefined) throw new TypeError(`option "${option.name}": no value in this test`);
    return value;
  };
  return { settings: { get }, log: options.log ?? silentLogger, create: options.create ?? true };
}

/** A logger that keeps its warnings. */
export function keepWarnings(): Logger & { readonly warnings: string[] } {
  const warnings: string[] = [];
  return { ...silentLogger, warnings, warn: (message) => warnings.push(message) };
}

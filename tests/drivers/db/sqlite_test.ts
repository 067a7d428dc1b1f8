import { dbContract } from "../../contract/db_contract.ts";
import { openSqliteAt } from "../../support/sqlite_db.ts";
import { tempDir } from "../../support/temp_dir.ts";

dbContract("sqlite database", async () => {
  const resources = new AsyncDisposableStack();
  const directory = resources.use(await tempDir());
  const open = async () => resources.use(await openSqliteAt(directory.join("nb.sqlite3")));
  return {
    db: await open(),
    another: open,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
});

import assert from "node:assert/strict";
import {
  loadConfig,
  type Logger,
  openNbApi,
  openPublisherService,
  openPublishersTable,
} from "../../mod.ts";
import { RecordingLogger } from "../support/fakes/recording_logger.ts";
import { tempDir } from "../support/temp_dir.ts";

const set = { "df.nb_db_class": "memory" };

Deno.test("openPublishersTable logs the warnings about the configuration that it reads", async () => {
  const log = new RecordingLogger();
  const env = { OS_DF__PUBLISHER_PROT: "1" };
  await using _read = await openPublishersTable({ set, env, log });
  const warning = "variable OS_DF__PUBLISHER_PROT: [df] has no such option; " +
    'did you mean "OS_DF__PUBLISHER_PORT"?';
  assert.deepEqual(log.messages("warn"), [warning]);
  const config = await loadConfig({ set, env });
  await using _given = await openPublishersTable({ config, log });
  assert.deepEqual(log.messages("warn"), [warning], "a given configuration has its warnings");
});

Deno.test("an NbApi follows a service, when the logger of both throws at every line", async () => {
  await using directory = await tempDir();
  let lines = 0;
  const fail = () => {
    throw new Error(`no space left on the device for line ${++lines}`);
  };
  const log: Logger = { debug: fail, info: fail, warn: fail, error: fail };
  const options = {
    log,
    set: {
      "df.enable_df_pub_sub": true,
      "df.publisher_bind_address": "127.0.0.1",
      "df.publisher_port": 0,
      "df.publisher_multiproc_socket": directory.join("socket"),
      "df.sqlite_path": directory.join("northbound.sqlite3"),
    },
  };
  await using service = await openPublisherService(options);
  await service.ready();
  await using api = await openNbApi(options);
  await api.ready();
  await api.create("lport", "port-1", "{}");
  for await (const { key } of api.changes()) if (key === "port-1") break;
  assert.equal((await api.close()).acceptance?.accepted, 1);
  assert((await service.stop()).isClean);
  assert(lines > 0);
});

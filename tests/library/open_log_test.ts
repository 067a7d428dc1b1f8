import assert from "node:assert/strict";
import { loadConfig, openPublishersTable } from "../../mod.ts";
import { RecordingLogger } from "../support/fakes/recording_logger.ts";

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

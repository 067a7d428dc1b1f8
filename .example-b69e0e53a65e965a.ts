import * as df from "./mod.ts";

const settings = await df.loadConfig({
  table: [...df.coreOptions, ...df.driverOptions],
  overrides: [
    "df.enable_df_pub_sub=true",
    "df.pub_sub_use_multiproc=false",
    "df.pub_sub_driver=memory",
    "df.nb_db_class=memory",
  ],
  facts: df.hostFacts(),
  io: df.hostFiles,
});
const { loadPubSubDriver, loadDbDriver, systemClock: clock, silentLogger: log } = df;
const drivers = { loadPubSubDriver, loadDbDriver };
await using api = await df.NbApi.initialize({ settings, drivers, clock, log });

await api.create("lport", "port-1", '{"name": "eth0"}');
for await (const { table, key, action, value } of api.changes()) {
  console.log(table, key, action, value); // lport port-1 create {"name": "eth0"}
  break;
}

import assert from "node:assert/strict";
import { readRedisSettings } from "../../../../drivers/_internal/redis/settings.ts";
import { formatServerHost } from "../../../../drivers/_internal/server_hosts.ts";
import { redisSettings } from "../../../support/redis/db.ts";
import { tempDir } from "../../../support/temp_dir.ts";

Deno.test("readRedisSettings uses sentinels, when some are configured", async () => {
  const settings = redisSettings(["a:1"], { sentinels: "s1, s2:2", sentinel_master_name: "nb" });
  const { mode, hosts, masterName } = await readRedisSettings(settings);
  assert.equal(mode, "sentinel");
  assert.deepEqual(hosts.map(formatServerHost), ["s1:26379", "s2:2"]);
  assert.equal(masterName, "nb");
});

Deno.test("readRedisSettings reads the password from the file without its newline", async () => {
  await using directory = await tempDir();
  const password_file = directory.join("password");
  await Deno.writeTextFile(password_file, " secret \r\n");
  const settings = redisSettings(["a:1"], { password: "other", password_file, username: "u" });
  assert.deepEqual((await readRedisSettings(settings)).login, {
    username: "u",
    password: " secret ",
  });
});

Deno.test("readRedisSettings rejects with option and file, when a login or key is incomplete", async () => {
  const reject = (overrides: Record<string, string>, reason: RegExp) =>
    assert.rejects(readRedisSettings(redisSettings(["a:1"], overrides)), reason);
  await reject(
    { username: "u" },
    /^DriverError: \[df_redis\] username: there is no password for it: set password_file$/,
  );
  await reject(
    { password_file: "/nonexistent" },
    /\[df_redis\] password_file: cannot read "\/nonexistent"/,
  );
  await reject(
    { tls: "true", tls_ca_file: "/nonexistent" },
    /\[df_redis\] tls_ca_file: cannot read/,
  );
  await using directory = await tempDir();
  const file = directory.join("empty");
  await Deno.writeTextFile(file, "");
  await reject({ password_file: file }, /\[df_redis\] password_file: the file is empty/);
  await reject(
    { tls: "true", tls_cert_file: file },
    /\[df_redis\] tls_cert_file: ".*", but tls_key_file is empty/,
  );
});

Deno.test("readRedisSettings refuses a pipe, which only one connection could read", async () => {
  await using directory = await tempDir();
  const pipe = directory.join("pipe");
  assert((await new Deno.Command("mkfifo", { args: [pipe] }).output()).success);
  for (const option of ["password_file", "sentinel_password_file", "tls_ca_file"]) {
    await assert.rejects(
      readRedisSettings(redisSettings(["a:1"], { tls: "true", [option]: pipe })),
      new RegExp(`\\[df_redis\\] ${option}: cannot read ".*": not a regular file`),
    );
  }
});

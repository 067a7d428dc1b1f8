import assert from "node:assert/strict";
import { WarningFolder } from "../../../service/base/warning_folder.ts";
import { unreachable } from "../../support/fakes/fake_db.ts";
import { FakeClock } from "../../support/fakes/fake_clock.ts";
import { RecordingLogger } from "../../support/fakes/recording_logger.ts";

function setUp() {
  const clock = new FakeClock();
  const log = new RecordingLogger();
  return { clock, log, folder: new WarningFolder({ subject: "Work", log, clock }) };
}

Deno.test("WarningFolder logs one warning and one info line per outage, however many failures occur", async () => {
  const { clock, log, folder } = setUp();
  folder.success();
  assert.deepEqual(log.lines, []);
  for (let i = 0; i < 7; i++) {
    folder.failure(unreachable());
    await clock.advance(1_000);
  }
  assert.deepEqual(log.messages("warn"), [
    "Work: database unreachable since 2016-05-06T15:20:00.000Z: Connection refused",
  ]);
  folder.success();
  folder.success();
  assert.deepEqual(log.messages("info"), [
    "Work: database reachable again after 7 s, 7 failed attempts",
  ]);
  assert.equal(log.messages("debug").length, 6);
});

Deno.test("WarningFolder does not blame the database, when something else failed", () => {
  const { log, folder } = setUp();
  folder.failure("odd");
  folder.success();
  assert.match(log.messages("warn")[0] ?? "", /^Work: failing since .*: odd$/);
  assert.equal(log.messages("info")[0], "Work: works again after 0 s, 1 failed attempt");
});

Deno.test("WarningFolder warns again, when a second outage begins", () => {
  const { log, folder } = setUp();
  folder.failure(unreachable());
  folder.success();
  folder.failure(unreachable());
  assert.equal(log.messages("warn").length, 2);
});

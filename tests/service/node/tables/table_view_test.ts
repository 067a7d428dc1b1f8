import assert from "node:assert/strict";
import type { DbRow } from "../../../../drivers/contract/db.ts";
import { dbUpdate, type DbUpdateInit } from "../../../../service/event/db_update.ts";
import { TableView } from "../../../../service/node/tables/table_view.ts";
import { shown } from "../../../support/nb_api_fixture.ts";

function row(key: string, value: string, topic: string | null = null): DbRow {
  return { key, value, topic };
}

function viewOf(...rows: DbRow[]): TableView {
  const view = new TableView(["lport", "lswitch"]);
  assert.equal(reconcile(view, rows).length, rows.length);
  return view;
}

function reconcile(view: TableView, rows: readonly DbRow[], topic?: string): string[] {
  return [...view.reconcile("lport", rows, { topic, timestamp: 1 })].map(shown);
}

function apply(view: TableView, init: Partial<DbUpdateInit>): void {
  const update = dbUpdate({ table: "lport", key: "a", action: "set", ...init });
  assert(view.follows(update));
  view.apply(update);
}

Deno.test("TableView.reconcile returns created, set and deleted rows, and then nothing", () => {
  const view = viewOf(row("a", "1"), row("b", "1"), row("c", "1", "t"));
  const rows = [row("a", "1"), row("b", "2"), row("d", "1", "t")];
  assert.deepEqual(reconcile(view, rows), [
    "set lport/b on D = 2",
    "create lport/d on t = 1",
    "delete lport/c on t = null",
  ]);
  assert.deepEqual(reconcile(view, rows), []);
  assert.equal(view.size("lport"), 3);
});

Deno.test("TableView.reconcile leaves the rows of other topics alone, when limited to one", () => {
  const view = viewOf(row("a", "1", "t"), row("b", "1", "t"), row("c", "1", "u"), row("d", "1"));
  assert.deepEqual(reconcile(view, [row("b", "2", "t")], "t"), [
    "set lport/b on t = 2",
    "delete lport/a on t = null",
  ]);
});

Deno.test("TableView.reconcile deletes and creates a row, when it moved to another topic", () => {
  const view = viewOf(row("a", "1", "t"));
  assert.deepEqual(reconcile(view, [row("a", "1", "u")], "u"), [
    "delete lport/a on t = null",
    "create lport/a on u = 1",
  ]);
  assert.deepEqual(reconcile(view, [], "t"), []);
});

Deno.test("TableView.reconcile neither emits nor learns the rows of a topic, when it is not followed", () => {
  const view = viewOf(row("a", "1"));
  const rows = [row("a", "2"), row("b", "1", "t")];
  const isFollowed = (topic: string) => topic !== "t";
  const updates = [...view.reconcile("lport", rows, { timestamp: 1, isFollowed })];
  assert.deepEqual(updates.map(shown), ["set lport/a on D = 2"]);
  assert.deepEqual(reconcile(view, rows), ["create lport/b on t = 1"]);
});

Deno.test("TableView.reconcile counts only the changes taken, when the iteration ends early", () => {
  const view = new TableView(["lport"]);
  const rows = [row("a", "1"), row("b", "1")];
  for (const update of view.reconcile("lport", rows, { timestamp: 1 })) {
    assert.equal(update.key, "a");
    break;
  }
  assert.deepEqual(reconcile(view, rows), ["create lport/b on D = 1"]);
});

Deno.test("TableView.apply includes emitted updates", () => {
  const view = viewOf(row("a", "1"), row("b", "1"));
  apply(view, { value: "2" });
  apply(view, { key: "b", action: "delete" });
  apply(view, { key: "c", action: "create", value: "1" });
  assert.deepEqual(reconcile(view, [row("a", "2"), row("c", "1", "t")]), []);
});

Deno.test("TableView.apply keeps the topic of a row, when a broadcast event other than create does not state it", () => {
  const view = viewOf(row("a", "1", "t"));
  apply(view, { value: "2" });
  assert.deepEqual(reconcile(view, [row("a", "2", "u")]), [
    "delete lport/a on t = null",
    "create lport/a on u = 2",
  ]);
  apply(view, { action: "create", value: "3" });
  assert.deepEqual(reconcile(view, [row("a", "3", "t")]), []);
  apply(view, { value: "4", topic: "t" });
  assert.deepEqual(reconcile(view, [], "t"), ["delete lport/a on t = null"]);
});

Deno.test("TableView.apply compares values that are not text by their JSON", () => {
  const view = viewOf();
  apply(view, { action: "create", value: { name: "eth0" } });
  assert.deepEqual(reconcile(view, [row("a", '{"name":"eth0"}')]), []);
  apply(view, { value: null });
  assert.deepEqual(reconcile(view, [row("a", '{"name":"eth0"}')]), []);
});

Deno.test("TableView.follows distinguishes rows of its tables from everything else", () => {
  const view = new TableView(["lport"]);
  const follows = (init: Partial<DbUpdateInit>) =>
    view.follows(dbUpdate({ table: "lport", key: "a", action: "set", ...init }));
  assert.equal(follows({}), true);
  assert.equal(follows({ table: "lswitch" }), false);
  assert.equal(follows({ action: "log" }), false);
  assert.equal(follows({ table: null, key: null, action: "sync" }), false);
});

Deno.test("TableView.forgetTopic forgets the rows of one topic", () => {
  const view = viewOf(row("a", "1", "t"), row("b", "1", "u"));
  view.forgetTopic("t");
  assert.deepEqual(reconcile(view, [row("b", "1", "u")]), []);
  assert.equal(view.digest("lport", "a"), undefined);
});

Deno.test("TableView.reconcile refuses a table that it does not follow", () => {
  const reading = new TableView([]).reconcile("lport", [], { timestamp: 1 });
  assert.throws(() => reading.next(), /^TypeError: Table "lport": not a followed table$/);
});

import assert from "node:assert/strict";
import { Budget, type Expense } from "../../../../drivers/_internal/zmtp/budget.ts";
import { PassingTime } from "../../../support/fakes/passing_time.ts";

/** For a subscriber with at most 9,000 subscriptions, at a publisher that keeps 6,000 events. */
const LIMITS: readonly { expense: Expense; burst: number; perSecond: number }[] = [
  { expense: "messages", burst: 10_000, perSecond: 1_000 },
  { expense: "bytes", burst: 1_000_000, perSecond: 100_000 },
  { expense: "replays", burst: 12_000, perSecond: 100 },
];

for (const { expense, burst, perSecond } of LIMITS) {
  Deno.test(`Budget grants ${burst} ${expense} at once, and ${perSecond} more after each second`, () => {
    using time = new PassingTime();
    const budget = new Budget(9_000, 6_000);
    const excess = `it exceeds ${burst} ${expense} at once and ${perSecond} per second`;
    assert.equal(budget.spend(expense, burst), undefined);
    assert.equal(budget.spend(expense, 1), excess);
    time.now += 2_000;
    assert.equal(budget.spend(expense, 2 * perSecond - 1), undefined);
    assert.equal(budget.spend(expense, 1), excess);
  });

  Deno.test(`Budget grants at most ${burst} ${expense} at once, however long nothing was spent`, () => {
    using time = new PassingTime();
    const budget = new Budget(9_000, 6_000);
    assert.equal(budget.spend(expense, burst), undefined);
    time.now += 86_400_000;
    assert.equal(budget.spend(expense, 1), undefined);
    assert.equal(budget.spend(expense, burst), undefined);
    assert.notEqual(budget.spend(expense, 1), undefined);
  });
}

Deno.test("Budget counts the expenses separately", () => {
  const budget = new Budget(0, 10);
  assert.notEqual(budget.spend("replays", 21), undefined);
  assert.equal(budget.spend("messages", 1), undefined);
  assert.equal(budget.spend("bytes", 1), undefined);
});

Deno.test("Budget says that a peer sends little: up to 4 KB at once, and 1 KB in each second", () => {
  using time = new PassingTime();
  const budget = new Budget(9_000, 6_000);
  budget.spend("bytes", 4 * 1024);
  assert(budget.sendsLittle);
  budget.spend("messages", 1);
  assert(budget.sendsLittle);
  budget.spend("bytes", 1);
  assert(!budget.sendsLittle);
  time.now += 1_000;
  budget.spend("bytes", 1_000);
  assert(budget.sendsLittle);
  budget.spend("bytes", 1_000);
  assert(!budget.sendsLittle);
});

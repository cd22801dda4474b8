// Tests the soak test's ledger, on which the soak test relies.
import { expect, it } from "vitest";
import { SequenceLedger } from "./sequence_ledger.js";

it("the ledger counts missing records, and doubles by their cause", () => {
  const ledger = new SequenceLedger();
  ledger.take(["0", "1", "2", "3"])();
  ledger.take(["2"]);
  ledger.take(["5"]);
  ledger.take(["5"])();
  const answers = [ledger.take(["6"]), ledger.take(["6"])];
  for (const answer of answers) answer();
  expect(ledger.balance(8)).toEqual({ lost: 2, doubledAvoidably: 2, doubledUnavoidably: 1 });
  expect(ledger.reached).toBe(7);
  expect([ledger.hasAll(0, 4), ledger.hasAll(0, 5), ledger.hasAll(5, 7)]).toEqual([true, false, true]);
});

it("the ledger grows beyond its first size", () => {
  const ledger = new SequenceLedger();
  ledger.take(["0"]);
  ledger.take(["5000000"]);
  expect([ledger.hasAll(0, 1), ledger.hasAll(5_000_000, 5_000_001), ledger.hasAll(5_000_001, 90_000_000)]).toEqual([true, true, false]);
});

it("the ledger reads the number of a record, and rejects a record that is not its own", () => {
  const ledger = new SequenceLedger();
  const record = (text: string) => ({ data: Buffer.from(text), partitionKey: "k" });
  expect(ledger.textsOf(record('{"log":"123456789 xxxx"}'))).toEqual(["123456789"]);
  expect(() => ledger.textsOf(record('{"message":"1 x"}'))).toThrow("not the soak test's");
});

// The account of what a service took: losses, and doubles that could and could not have been avoided.
import { expect, it } from "vitest";
import { RecordLedger } from "../../support/record_ledger.js";

const balanced = { lost: [], doubledAvoidably: [], doubledUnavoidably: [], refused: [], unknown: [] };

it("finds nothing wrong when each record was taken once", () => {
  const ledger = new RecordLedger();
  ledger.take(["a", "b"])();
  expect(ledger.balance(["a", "b"])).toEqual(balanced);
});

it("tells what was lost, and what came from nowhere", () => {
  const ledger = new RecordLedger();
  ledger.take(["a", "x"])();
  expect(ledger.balance(["a", "b"])).toEqual({ ...balanced, lost: ["b"], unknown: ["x"] });
});

it("blames the client for what it sent again with the answer in its hands", () => {
  const ledger = new RecordLedger();
  ledger.take(["a"])();
  ledger.take(["a"]);
  expect(ledger.balance(["a"])).toEqual({ ...balanced, doubledAvoidably: ["a"] });
});

it("does not blame the client for what it sent again because an answer was lost", () => {
  const ledger = new RecordLedger();
  ledger.take(["a"]);
  ledger.take(["a"])();
  expect(ledger.balance(["a"])).toEqual({ ...balanced, doubledUnavoidably: ["a"] });
});

it("blames the client for two requests at once that both were answered", () => {
  const ledger = new RecordLedger();
  const answers = [ledger.take(["a"]), ledger.take(["a"])];
  for (const answer of answers) answer();
  expect(ledger.balance(["a"]).doubledAvoidably).toEqual(["a"]);
});

it("counts what was refused alone as refused, unless it was taken after all", () => {
  const ledger = new RecordLedger();
  ledger.refuseAlone(["a", "b"]);
  ledger.take(["b"])();
  expect(ledger.balance(["a", "b"])).toEqual({ ...balanced, refused: ["a"] });
});

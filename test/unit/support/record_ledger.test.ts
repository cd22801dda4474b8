// Tests the ledger of accepted records: losses, and doubles that could and could not have been avoided.
import { expect, it } from "vitest";
import { RecordLedger } from "../../support/record_ledger.js";

const balanced = { lost: [], doubledAvoidably: [], doubledUnavoidably: [], refused: [], unknown: [] };

it("the ledger finds no fault when each record was accepted once", () => {
  const ledger = new RecordLedger();
  ledger.take(["a", "b"])();
  expect(ledger.balance(["a", "b"])).toEqual(balanced);
});

it("the ledger reports lost and unknown records", () => {
  const ledger = new RecordLedger();
  ledger.take(["a", "x"])();
  expect(ledger.balance(["a", "b"])).toEqual({ ...balanced, lost: ["b"], unknown: ["x"] });
});

it("the ledger counts a double against the client if it had the response", () => {
  const ledger = new RecordLedger();
  ledger.take(["a"])();
  ledger.take(["a"]);
  expect(ledger.balance(["a"])).toEqual({ ...balanced, doubledAvoidably: ["a"] });
});

it("the ledger does not count a double against the client if the response was lost", () => {
  const ledger = new RecordLedger();
  ledger.take(["a"]);
  ledger.take(["a"])();
  expect(ledger.balance(["a"])).toEqual({ ...balanced, doubledUnavoidably: ["a"] });
});

it("the ledger counts a double against the client for two concurrent requests that both got a response", () => {
  const ledger = new RecordLedger();
  const answers = [ledger.take(["a"]), ledger.take(["a"])];
  for (const answer of answers) answer();
  expect(ledger.balance(["a"]).doubledAvoidably).toEqual(["a"]);
});

it("the ledger counts a record that was rejected alone as rejected, unless it was accepted after all", () => {
  const ledger = new RecordLedger();
  ledger.refuseAlone(["a", "b"]);
  ledger.take(["b"])();
  expect(ledger.balance(["a", "b"])).toEqual({ ...balanced, refused: ["a"] });
});

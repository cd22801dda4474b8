// Tests which lines of the file output count while the endpoint is silent.
import { expect, it } from "vitest";
import { linesBetween } from "../../bench/fluent_bit/standstill.js";

it("lines of the second output count by the time of their event, and only whole lines of that output", () => {
  const line = (seconds: string) => `calm: [${seconds}, {"log":"a line"}]\n`;
  const text = line("99.999999999") + line("100.500000000") + line("110.000000000") + line("110.100000000") + "busy: [105.000000000, {}]\n";
  expect(linesBetween(text, 100_000, 110_000)).toBe(2);
  expect(linesBetween("", 0, 1)).toBe(0);
});

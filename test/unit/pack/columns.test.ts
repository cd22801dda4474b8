// Tests columns at the limits of their capacity: growing keeps every value, clearing removes every value.
import { describe, expect, it } from "vitest";
import { NameColumn, NumberColumn, minCapacity } from "../../../src/pack/columns.js";

const numbersUpTo = (count: number) => Array.from({ length: count }, (_, n) => n);
const contentOf = ({ numbers, length }: NumberColumn) => [...numbers.subarray(0, length)];

describe("a column of numbers", () => {
  it.each([
    [0, 0],
    [1, 1],
    [minCapacity, 1],
    [minCapacity + 1, 2],
    [2 * minCapacity, 2],
    [2 * minCapacity + 1, 4],
  ])("of %i numbers has %i times the minimum capacity", (count, times) => {
    const column = new NumberColumn();
    for (const number of numbersUpTo(count)) column.push(number);
    expect(contentOf(column)).toEqual(numbersUpTo(count));
    expect([column.length, column.capacity, column.bytes]).toEqual([count, column.numbers.length, 4 * times * minCapacity]);
  });

  it.each([-1, 0, 1])("appends numbers that fill its capacity, with %i more", (more) => {
    const column = new NumberColumn();
    column.push(7);
    const others = numbersUpTo(minCapacity - 1 + more);
    column.append(others);
    expect(contentOf(column)).toEqual([7, ...others]);
    column.append(Uint32Array.of(8));
    expect(contentOf(column)).toEqual([7, ...others, 8]);
  });

  it("grows in one step beyond twice its capacity", () => {
    const column = new NumberColumn();
    column.append(numbersUpTo(1000));
    expect([column.capacity, column.length]).toEqual([1000, 1000]);
  });

  it("keeps whole numbers below 2^32", () => {
    const column = new NumberColumn();
    column.append([0, 2 ** 31, 2 ** 32 - 1]);
    expect(contentOf(column)).toEqual([0, 2 ** 31, 2 ** 32 - 1]);
  });

  it("that is emptied reuses its memory", () => {
    const column = new NumberColumn();
    column.append(numbersUpTo(100));
    const { numbers } = column;
    column.length = 0;
    column.append([5, 6]);
    expect(contentOf(column)).toEqual([5, 6]);
    expect(column.numbers).toBe(numbers);
  });
});

describe("a column of names", () => {
  const namesOf = (column: NameColumn, count: number) => numbersUpTo(count).map((row) => column.of(row));

  it("returns the name of each named row, and undefined for rows between and after", () => {
    const names = [undefined, "a", undefined, undefined, "b", "a", "a", undefined, "", "b", undefined];
    const column = new NameColumn();
    for (const [row, name] of names.entries()) column.put(row, name);
    expect(namesOf(column, 13)).toEqual([...names, undefined, undefined]);
  });

  it("takes no memory until a row has a name", () => {
    const column = new NameColumn();
    for (const row of numbersUpTo(1000)) column.put(row, undefined);
    expect([column.bytes, column.of(0), column.of(999)]).toEqual([0, undefined, undefined]);
    column.put(1000, "late");
    expect([column.of(999), column.of(1000)]).toEqual([undefined, "late"]);
    expect(column.bytes).toBe(4 * 64 * minCapacity);
  });

  it("that is cleared has no names, and accepts new ones", () => {
    const column = new NameColumn();
    for (const [row, name] of ["a", "b", "c"].entries()) column.put(row, name);
    column.clear();
    expect(namesOf(column, 4)).toEqual([undefined, undefined, undefined, undefined]);
    column.put(2, "c");
    expect(namesOf(column, 4)).toEqual([undefined, undefined, "c", undefined]);
  });

  it.each(["__proto__", "constructor", "1"])("accepts the name %s", (name) => {
    const column = new NameColumn();
    column.put(0, name);
    expect(namesOf(column, 2)).toEqual([name, undefined]);
  });
});

// Columns at the borders of their capacity: nothing is lost or changed when they grow, nor left when they are cleared.
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
  ])("of %i has room for %i times its smallest capacity", (count, times) => {
    const column = new NumberColumn();
    for (const number of numbersUpTo(count)) column.push(number);
    expect(contentOf(column)).toEqual(numbersUpTo(count));
    expect([column.length, column.capacity, column.bytes]).toEqual([count, column.numbers.length, 4 * times * minCapacity]);
  });

  it.each([-1, 0, 1])("takes numbers that fill it to the last, and %i more", (more) => {
    const column = new NumberColumn();
    column.push(7);
    const others = numbersUpTo(minCapacity - 1 + more);
    column.append(others);
    expect(contentOf(column)).toEqual([7, ...others]);
    column.append(Uint32Array.of(8));
    expect(contentOf(column)).toEqual([7, ...others, 8]);
  });

  it("grows at once to more numbers than twice its capacity", () => {
    const column = new NumberColumn();
    column.append(numbersUpTo(1000));
    expect([column.capacity, column.length]).toEqual([1000, 1000]);
  });

  it("keeps whole numbers of up to 32 bits", () => {
    const column = new NumberColumn();
    column.append([0, 2 ** 31, 2 ** 32 - 1]);
    expect(contentOf(column)).toEqual([0, 2 ** 31, 2 ** 32 - 1]);
  });

  it("that is emptied is filled anew, in the memory that it has", () => {
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

  it("has the name of each row that has one, wherever others have none", () => {
    const names = [undefined, "a", undefined, undefined, "b", "a", "a", undefined, "", "b", undefined];
    const column = new NameColumn();
    for (const [row, name] of names.entries()) column.put(row, name);
    expect(namesOf(column, 13)).toEqual([...names, undefined, undefined]);
  });

  it("takes no memory as long as no row has a name", () => {
    const column = new NameColumn();
    for (const row of numbersUpTo(1000)) column.put(row, undefined);
    expect([column.bytes, column.of(0), column.of(999)]).toEqual([0, undefined, undefined]);
    column.put(1000, "late");
    expect([column.of(999), column.of(1000)]).toEqual([undefined, "late"]);
    expect(column.bytes).toBe(4 * 64 * minCapacity);
  });

  it("that is cleared has none of its names, and takes others", () => {
    const column = new NameColumn();
    for (const [row, name] of ["a", "b", "c"].entries()) column.put(row, name);
    column.clear();
    expect(namesOf(column, 4)).toEqual([undefined, undefined, undefined, undefined]);
    column.put(2, "c");
    expect(namesOf(column, 4)).toEqual([undefined, undefined, "c", undefined]);
  });

  it.each(["__proto__", "constructor", "1"])("may hold %s", (name) => {
    const column = new NameColumn();
    column.put(0, name);
    expect(namesOf(column, 2)).toEqual([name, undefined]);
  });
});
